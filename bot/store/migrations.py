"""The migrations of the bot's database."""

# Migration n brings a file of version n to version n + 1; append, never change one.
MIGRATIONS = (
    """
    CREATE TABLE sent_photos (
        bot_id INTEGER NOT NULL,
        photo TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        file_id TEXT NOT NULL,
        PRIMARY KEY (bot_id, photo)
    ) WITHOUT ROWID;
    CREATE TABLE answers (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        representation BLOB NOT NULL,
        captions TEXT NOT NULL,
        caption_shown INTEGER NOT NULL,
        photos_shown TEXT NOT NULL,
        made_at REAL NOT NULL,
        PRIMARY KEY (bot_id, chat_id, message_id)
    ) WITHOUT ROWID;
    CREATE INDEX answers_by_age ON answers (made_at);
    """,
    """
    ALTER TABLE answers ADD COLUMN token_ids TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE answers ADD COLUMN network TEXT NOT NULL DEFAULT '';
    """,
    # Updates from their arrival until a while after their answer, see bot.delivery.inbox.
    """
    CREATE TABLE inbox (
        bot_id INTEGER NOT NULL,
        update_id INTEGER NOT NULL,
        content TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'answering', 'answered')),
        received_at REAL NOT NULL,
        replays INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (bot_id, update_id)
    ) WITHOUT ROWID;
    CREATE INDEX inbox_open ON inbox (bot_id, update_id) WHERE state <> 'answered';
    CREATE INDEX inbox_by_age ON inbox (received_at);
    """,
    # What is known of a chat or a person, see bot.chats.chats.
    """
    CREATE TABLE chats (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        settings TEXT NOT NULL DEFAULT '{}',
        joined_at REAL NOT NULL,
        left_at REAL,
        PRIMARY KEY (bot_id, chat_id)
    ) WITHOUT ROWID;
    CREATE TABLE people (
        bot_id INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        language TEXT NOT NULL,
        PRIMARY KEY (bot_id, user_id)
    ) WITHOUT ROWID;
    """,
    # The photos that chats remember, never the pictures themselves, see bot.memory. `sent_in` is the chat in
    # which `message_id` is a message: a group that became a supergroup has another chat_id since then. What
    # is not read yet has no representation.
    """
    CREATE TABLE remembered_photos (
        photo_id INTEGER PRIMARY KEY AUTOINCREMENT,
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        sent_in INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        album TEXT NOT NULL,
        kind TEXT NOT NULL,
        file_id TEXT NOT NULL,
        file_unique_id TEXT NOT NULL,
        read_file_id TEXT NOT NULL,
        sent_at REAL NOT NULL,
        caption TEXT NOT NULL DEFAULT '',
        representation BLOB,
        network TEXT NOT NULL DEFAULT '',
        given_up_by TEXT NOT NULL DEFAULT '',
        UNIQUE (bot_id, chat_id, sent_in, message_id),
        CHECK ((representation IS NULL) = (network = '')),
        FOREIGN KEY (bot_id, chat_id) REFERENCES chats (bot_id, chat_id)
            ON DELETE CASCADE ON UPDATE CASCADE
    );
    CREATE INDEX remembered_by_person ON remembered_photos (bot_id, chat_id, user_id);
    CREATE INDEX remembered_by_file ON remembered_photos (bot_id, chat_id, file_unique_id);
    CREATE INDEX remembered_by_network ON remembered_photos (network, bot_id, chat_id);
    """,
    # Buttons for each photo of an album (`part`) and for each picture of a numbered one (`sheet`). `about` is
    # the message with the photo that an answer is about.
    """
    CREATE TABLE answers_of_parts (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        part INTEGER NOT NULL,
        representation BLOB NOT NULL,
        captions TEXT NOT NULL,
        caption_shown INTEGER NOT NULL,
        photos_shown TEXT NOT NULL,
        made_at REAL NOT NULL,
        token_ids TEXT NOT NULL,
        network TEXT NOT NULL,
        sheet TEXT NOT NULL,
        about INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (bot_id, chat_id, message_id, part)
    ) WITHOUT ROWID;
    INSERT INTO answers_of_parts
        SELECT bot_id, chat_id, message_id, 0, representation, captions, caption_shown, photos_shown, made_at,
            token_ids, network, '[]', 0 FROM answers;
    DROP TABLE answers;
    ALTER TABLE answers_of_parts RENAME TO answers;
    CREATE INDEX answers_by_age ON answers (made_at);
    """,
    # Messages that were answered, so that an edit is answered only when it asks something else.
    """
    CREATE TABLE answered_messages (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        asked BLOB NOT NULL,
        answered_at REAL NOT NULL,
        PRIMARY KEY (bot_id, chat_id, message_id, asked)
    ) WITHOUT ROWID;
    CREATE INDEX answered_by_age ON answered_messages (answered_at);
    """,
    # What the owner sends to all chats, and how far that has come, see bot.features.owner.broadcasts.
    """
    CREATE TABLE broadcasts (
        broadcast_id INTEGER PRIMARY KEY AUTOINCREMENT,
        bot_id INTEGER NOT NULL,
        text TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'sending'))
    );
    CREATE TABLE broadcast_chats (
        broadcast_id INTEGER NOT NULL REFERENCES broadcasts (broadcast_id) ON DELETE CASCADE,
        chat_id INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting'
            CHECK (state IN ('waiting', 'sending', 'sent', 'left', 'failed')),
        PRIMARY KEY (broadcast_id, chat_id)
    ) WITHOUT ROWID;
    """,
    # The guessing game: a chat's open round, the guesses in it, and what came of all rounds, see
    # bot.features.game.
    """
    CREATE TABLE game_rounds (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        captions TEXT NOT NULL,
        answer INTEGER NOT NULL,
        language TEXT NOT NULL,
        ends_at REAL NOT NULL,
        PRIMARY KEY (bot_id, chat_id),
        FOREIGN KEY (bot_id, chat_id) REFERENCES chats (bot_id, chat_id)
            ON DELETE CASCADE ON UPDATE CASCADE
    ) WITHOUT ROWID;
    CREATE TABLE game_guesses (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        choice INTEGER NOT NULL,
        guessed_at REAL NOT NULL,
        PRIMARY KEY (bot_id, chat_id, user_id),
        FOREIGN KEY (bot_id, chat_id) REFERENCES game_rounds (bot_id, chat_id)
            ON DELETE CASCADE ON UPDATE CASCADE
    ) WITHOUT ROWID;
    CREATE TABLE game_scores (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        played INTEGER NOT NULL,
        won INTEGER NOT NULL,
        PRIMARY KEY (bot_id, chat_id, user_id),
        FOREIGN KEY (bot_id, chat_id) REFERENCES chats (bot_id, chat_id)
            ON DELETE CASCADE ON UPDATE CASCADE
    ) WITHOUT ROWID;
    """,
    # Who asked for an answer, so that it goes when they want to be forgotten; 0: not known, from before.
    """
    ALTER TABLE answers ADD COLUMN asker INTEGER NOT NULL DEFAULT 0;
    """,
    # How the message of a remembered photo stands in its chat.
    """
    ALTER TABLE remembered_photos ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE remembered_photos ADD COLUMN is_spoiler INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE remembered_photos ADD COLUMN is_protected INTEGER NOT NULL DEFAULT 0;
    """,
    # What an answer is about that neither quotes its photo nor is about one that is remembered.
    """
    ALTER TABLE answers ADD COLUMN photo TEXT NOT NULL DEFAULT '';
    """,
    # The language of captions, and of a description: of those of before English, which was all there was.
    """
    ALTER TABLE answers ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
    ALTER TABLE remembered_photos ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
    """,
    # What a search has come to mean, see onenet.conversation, and the photos that were sent for
    # it, in their order. The messages that hold them have the answer as their part -1, see bot.store.answers.
    """
    ALTER TABLE answers ADD COLUMN search TEXT NOT NULL DEFAULT '';
    ALTER TABLE answers ADD COLUMN sent TEXT NOT NULL DEFAULT '[]';
    """,
    # The words that chats taught, by photos that show them (`is_it`) or do not, see bot.memory.taught.
    """
    CREATE TABLE taught_examples (
        example_id INTEGER PRIMARY KEY AUTOINCREMENT,
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        word TEXT NOT NULL,
        name TEXT NOT NULL,
        is_it INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        file_id TEXT NOT NULL,
        representation BLOB NOT NULL,
        network TEXT NOT NULL,
        taught_at REAL NOT NULL,
        FOREIGN KEY (bot_id, chat_id) REFERENCES chats (bot_id, chat_id)
            ON DELETE CASCADE ON UPDATE CASCADE
    );
    CREATE INDEX taught_by_word ON taught_examples (bot_id, chat_id, word);
    """,
    # What was to be forgotten while something was open that came before, see `Database.note_forgetting`.
    """
    CREATE TABLE forgettings (
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        at REAL NOT NULL,
        messages TEXT,
        user_id INTEGER
    );
    """,
)
