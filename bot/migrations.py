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
    # Updates from their arrival until a while after their answer, see bot.inbox.
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
    # What is known of a chat or a person, see bot.chats.
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
    # The photos that chats remember, never the pictures themselves, see bot.memory.
    """
    CREATE TABLE remembered_photos (
        photo_id INTEGER PRIMARY KEY AUTOINCREMENT,
        bot_id INTEGER NOT NULL,
        chat_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        file_id TEXT NOT NULL,
        file_unique_id TEXT NOT NULL,
        caption TEXT NOT NULL,
        representation BLOB NOT NULL,
        network TEXT NOT NULL,
        sent_at REAL NOT NULL,
        UNIQUE (bot_id, chat_id, message_id),
        FOREIGN KEY (bot_id, chat_id) REFERENCES chats (bot_id, chat_id)
            ON DELETE CASCADE ON UPDATE CASCADE
    );
    CREATE INDEX remembered_by_person ON remembered_photos (bot_id, chat_id, user_id);
    """,
    # Buttons for each photo of an album (`part`) and for each picture of a numbered one (`sheet`).
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
        PRIMARY KEY (bot_id, chat_id, message_id, part)
    ) WITHOUT ROWID;
    INSERT INTO answers_of_parts
        SELECT bot_id, chat_id, message_id, 0, representation, captions, caption_shown, photos_shown, made_at,
            token_ids, network, '[]' FROM answers;
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
)
