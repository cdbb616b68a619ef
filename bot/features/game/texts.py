"""What is said in the guessing game."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.features.game.rounds import Guess, Outcome, Score
from bot.language import _
from bot.language.phrases import example, examples_keyboard, quote

# What the buttons send back; behind it comes the number of a caption, or SOLVE.
GUESS = "game:"
SOLVE = "solve"

LETTERS = "ABCD"
NAME_LENGTH = 40
NAMED = 10


def question(captions: Sequence[str], *, is_private: bool) -> str:
    """Ask which caption is the photo's own. They stand here, since phones cut a button's text off."""
    title = _("<b>Which of these did I say of this photo?</b>")
    lines = [f"<b>{letter}.</b> {quote(text)}" for letter, text in zip(LETTERS, captions, strict=False)]
    if is_private:
        return "\n".join([title, *lines])
    rules = _("Everyone’s first choice counts. The answer comes in a minute, or with “Solve”.")
    return "\n".join([title, *lines, rules])


def question_keyboard(choices: int) -> InlineKeyboardMarkup:
    """Offer a letter a caption, and the answer."""
    letters = [
        InlineKeyboardButton(letter, callback_data=f"{GUESS}{number}")
        for number, letter in enumerate(LETTERS[:choices])
    ]
    return InlineKeyboardMarkup([letters, [InlineKeyboardButton(_("Solve"), callback_data=GUESS + SOLVE)]])


def outcome(ended: Outcome, *, is_private: bool) -> str:
    """Show which caption was the photo's own, and who knew."""
    lines = [
        f"✅ <b>{letter}. {quote(text)}</b>" if number == ended.round.answer else f"{letter}. {quote(text)}"
        for number, (letter, text) in enumerate(zip(LETTERS, ended.round.captions, strict=False))
    ]
    verdict = _private_verdict(ended) if is_private else _verdict(ended)
    return "\n".join([*lines, "", verdict])


def again_keyboard() -> InlineKeyboardMarkup | None:
    """Offer another round, and the scores."""
    return examples_keyboard([example("/game", _("Another round")), example("/game scores", _("Scores"))])


def scores(found: Sequence[Score]) -> str:
    """List the best of a chat."""
    if not found:
        return _("Nobody has guessed here yet. /game begins a round.")
    lines = [
        _("{place}. {name}: {won} of {played} right").format(
            place=place, name=quote(score.name, NAME_LENGTH), won=score.won, played=score.played
        )
        for place, score in enumerate(found, 1)
    ]
    title = _("<b>Scores of this chat</b>")
    return "\n".join([title, *lines])


def chosen(letter: str) -> str:
    """Confirm a guess."""
    return _("You chose {letter}.").format(letter=letter)


def chosen_before(letter: str) -> str:
    """Say that the first guess counts."""
    return _("You chose {letter}, and your first choice counts.").format(letter=letter)


def guess_first() -> str:
    """Keep the answer from whoever has not guessed: it would be told to all."""
    return _("Choose one first.")


def over() -> str:
    """Say that a round is over."""
    return _("This round is over. /game begins another.")


def still_open() -> str:
    """Point to the open round."""
    return _("This round is still open: choose a letter, or press “Solve”.")


def score_forgotten() -> str:
    """Say that a person's score is gone."""
    return _("Forgotten: your score in the game.")


def letter_of(guess: Guess) -> str:
    """Give the letter that a person chose."""
    return LETTERS[guess.choice]


def _verdict(ended: Outcome) -> str:
    winners, guesses = ended.winners, ended.guesses
    if not guesses:
        return _("Nobody guessed.")
    if not winners:
        return _("Nobody was right this time.")
    names = ", ".join(quote(guess.name, NAME_LENGTH) for guess in winners[:NAMED])
    text = _("Right: {names} ({right} of {all}).")
    return text.format(names=names, right=len(winners), all=len(guesses))


def _private_verdict(ended: Outcome) -> str:
    if not ended.guesses:
        return _("That was the answer.")
    if ended.winners:
        return _("You are right!")
    return _("Not this time: you chose {letter}.").format(letter=letter_of(ended.guesses[0]))
