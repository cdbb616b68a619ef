"""A soak: people, restarts and faults at random, for as long as one likes.

`python -m tests.soak --minutes 60 [--seed N]` runs a bot in a process of its own, with the fake engine, a
real SQLite file and the local Bot API server, which answers wrongly now and then. A hypothesis state machine
draws what happens. Whenever all is quiet, what must hold is checked: every message answered once or refused
with a sentence and never twice, no word of a fault in the chat, none in the log that nobody caused, nothing
of another chat, nothing left of what was forgotten, a sound database, and no growth. The last line is the
summary.

bot.py      the bot's process, which tells in its log what it sends and for which update
journal.py  that log, read
world.py    the server, the bot's process, its folders, and what goes wrong with them
people.py   what people send
checks.py   what must hold
machine.py  the state machine
running.py  running it until its time is over
"""
