"""The state machine of a soak: what people do and what goes wrong, in any order."""

import asyncio
import random
import signal
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from bot.memory.texts import FORGET_EVERYTHING
from tests.bot.local_chat import PRIVATE
from tests.soak import people
from tests.soak.bot import READ_S
from tests.soak.checks import Checks
from tests.soak.world import WORD, Json, Place, Sent, World, fresh_word

# What is drawn never depends on the world, which goes on from one example to the next.
number = st.integers(0, 2**16)
METHODS = (
    "*", "getUpdates", "sendMessage", "sendPhoto", "sendMediaGroup", "sendDocument", "editMessageText",
    "editMessageMedia", "editMessageReplyMarkup", "answerCallbackQuery", "answerInlineQuery", "getFile",
    "download", "getChatMember", "getChatAdministrators", "sendChatAction", "deleteMessage", "setMyCommands",
    "getMe", "leaveChat",
)  # fmt: skip
REFUSALS = (
    "Bad Request: not enough rights to send photos to the chat",
    "Bad Request: need administrator rights in the channel chat",
    "Bad Request: message to be replied not found",
    "Bad Request: wrong file identifier/HTTP URL specified",
    "Bad Request: PHOTO_INVALID_DIMENSIONS",
    "Bad Request: IMAGE_PROCESS_FAILED",
    "Bad Request: message is not modified: specified new message content is exactly the same",
    "Bad Request: TOPIC_CLOSED",
    "Bad Request: chat not found",
    "Bad Request: file must be non-empty",
)


ServerFault = tuple[str, str, int, int, int]
server_faults: st.SearchStrategy[ServerFault] = st.tuples(
    st.sampled_from(METHODS),
    st.sampled_from(["error", "error", "error", "refusal", "html", "drop", "taken", "delay"]),
    st.sampled_from([400, 401, 403, 404, 409, 413, 429, 429, 500, 502, 504]),
    st.integers(1, 5),
    number,
)


def _acts(act: Callable[..., None]) -> Callable[..., None]:
    """Count a step. What people may not do they leave; what the soak does wrong is noted, not raised."""

    @wraps(act)
    def acted(self: "Soak", **drawn: Any) -> None:
        self.world.counts["steps"] += 1
        try:
            act(self, **drawn)
        except AssertionError as error:
            if not str(error)[:3].isdigit():
                self.checks.fail(f"{act.__name__}{drawn}: {traceback.format_exc()[-1500:]}")
        except Exception:
            self.checks.fail(f"{act.__name__}{drawn}: {traceback.format_exc()[-1500:]}")

    return acted


class Soak(RuleBasedStateMachine):
    """Everything that people, the server, the disk and the owner do to the bot."""

    world: ClassVar[World]
    checks: ClassVar[Checks]

    # People

    @rule(where=number, who=number, text=people.texts, is_marked=st.booleans(), is_reply=st.integers(0, 3))
    @_acts
    def write(self, where: int, who: int, text: str, is_marked: bool, is_reply: int) -> None:
        place = self.place(where)
        marker = fresh_word() if is_marked and not text.startswith(("/memory", "/broadcast")) else ""
        words = f"{text} {marker}".strip()
        reply = self.message(place, where + who) if is_reply == 0 else None
        if not words:
            return
        message = self.say(place, self.person(place, who), {"text": words}, reply)
        if marker:
            self.world.words[marker] = {place.chat_id}
            self.checks.shall_vanish(marker, f"{words!r} in {place.chat_id} was answered")
        self.expect(place, message, words)

    @rule(
        where=number,
        who=number,
        seed=number,
        caption=st.one_of(st.just(""), st.just(""), people.texts),
        spoiler=st.integers(0, 4),
    )
    @_acts
    def send_photo(self, where: int, who: int, seed: int, caption: str, spoiler: int) -> None:
        place = self.place(where)
        content: Json = {"photo": self.photo(place, seed)}
        if caption.strip():
            content["caption"] = caption.strip()
        if spoiler == 0:
            content["has_media_spoiler"] = True
        if spoiler == 1:
            content["has_protected_content"] = True
        message = self.say(place, self.person(place, who), content)
        self.expect(place, message, f"photo {caption!r}")

    @rule(
        where=number,
        who=number,
        seed=number,
        count=st.integers(2, 10),
        caption=st.one_of(st.just(""), people.commands),
    )
    @_acts
    def send_album(self, where: int, who: int, seed: int, count: int, caption: str) -> None:
        place, album = self.place(where), str(random.Random(seed).getrandbits(52))
        for part in range(count):
            content: Json = {"photo": self.photo(place, seed + part), "media_group_id": album}
            if not part and caption.strip():
                content["caption"] = caption.strip()
            message = self.say(place, self.person(place, who), content)
            self.expect(place, message, f"part of an album {caption!r}", is_part=True)

    @rule(where=number, kind=st.sampled_from(sorted(people.FILES)), seed=number)
    @_acts
    def send_file(self, where: int, kind: str, seed: int) -> None:
        place = self.place(where)
        name, content = people.FILES[kind](seed)
        message = self.world.run(self.world.chat.send_document(content, name, chat_id=place.chat_id))
        self.note(place, message)
        self.expect(place, message, name)

    @rule(
        where=number,
        kind=st.sampled_from(["static", "animated", "video"]),
        seed=number,
        has_thumbnail=st.booleans(),
    )
    @_acts
    def send_sticker(self, where: int, kind: Any, seed: int, has_thumbnail: bool) -> None:
        place = self.place(where)
        thumbnail = people.encoded(seed) if has_thumbnail and kind != "static" else None
        send = self.world.chat.send_sticker(
            people.encoded(seed, "WEBP"), kind=kind, thumbnail=thumbnail, chat_id=place.chat_id
        )
        message = self.world.run(send)
        self.note(place, message)
        self.expect(place, message, f"{kind} sticker")

    @rule(where=number, which=number, text=people.texts)
    @_acts
    def edit(self, where: int, which: int, text: str) -> None:
        place = self.place(where)
        message = self.message(place, which, is_bot=False)
        if message is None:
            return
        self.checks.may_stay(pictures_of(message))
        words = {"text": text} if "text" in message else {"caption": text}
        self.world.run(self.world.chat.edit(message, **words))

    @rule(where=number, which=number, there=number)
    @_acts
    def forward(self, where: int, which: int, there: int) -> None:
        place, to = self.place(where), self.place(there)
        message = self.message(place, which)
        if message is None or message.get("has_protected_content"):
            return
        self.checks.may_stay(pictures_of(message))
        for word in WORD.findall(str(message)):
            self.world.words[word].add(to.chat_id)
        [sent] = self.world.run(self.world.chat.forward(message, chat_id=to.chat_id))
        of_people = set[str]().union(*(each.photos for each in self.world.places))
        to.photos |= pictures_of(sent) & of_people  # not those of the gallery
        self.expect(to, sent, "forwarded")

    @rule(where=number, which=number)
    @_acts
    def delete(self, where: int, which: int) -> None:
        message = self.message(self.place(where), which)
        if message is not None:
            self.world.run(self.world.chat.delete(message))

    @rule(where=number, which=number, button=number, who=number, times=st.integers(1, 3))
    @_acts
    def press(self, where: int, which: int, button: int, who: int, times: int) -> None:
        place = self.place(where)
        found = [
            (message, each["callback_data"])
            for message in self.messages(place)
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for each in row
            if "callback_data" in each and message["from"]["is_bot"]
        ]
        if not found:
            return
        # The latest are pressed most often.
        place_in = len(found) - 1 - (button % min(len(found), 12) if which % 3 else button % len(found))
        message, data = found[place_in]
        place.is_remembering = place.is_remembering or "memory" in data
        self.checks.may_stay(pictures_of(message.get("reply_to_message", {})))
        for _ in range(times):
            query = self.world.run(
                self.world.chat._post(
                    f"/local/chats/{place.chat_id}/callback",
                    message_id=message["message_id"],
                    data=data,
                    sender=self.person(place, who),
                )
            )
            self.world.pressed.append(str(query["callback_query_id"]))

    @rule(
        who=number,
        query=st.one_of(st.sampled_from(["red", "green wall", "", "quux", "pink"]), people.nonsense),
    )
    @_acts
    def ask_inline(self, who: int, query: str) -> None:
        sender = [place.chat_id for place in self.world.places if place.is_private][who % 3]
        results = self.world.run(self.world.chat.inline(query, sender=sender, timeout_s=1))
        self.world.counts["inline"] += len(results) > 0

    @rule(where=number, seed=number, text=people.commands)
    @_acts
    def speak_for_the_chat(self, where: int, seed: int, text: str) -> None:
        """An administrator who hides, or a post of the group's channel."""
        place = self.world.places[-2:][where % 2] if where % 4 else self.world.places[4]
        sender_chat = {"id": place.chat_id, "type": "supergroup", "title": "Forum"}
        nobody = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        content: Json = {"text": text, "sender_chat": sender_chat, "from": nobody}
        if seed % 3 == 0:
            channel = {"id": -1001111111111, "type": "channel", "title": "News"}
            content = {"photo": self.photo(place, seed), "sender_chat": channel, "is_automatic_forward": True}
        self.say(place, PRIVATE, content)

    @rule(where=number, who=number, is_admin=st.booleans())
    @_acts
    def appoint(self, where: int, who: int, is_admin: bool) -> None:
        place = self.place(where)
        if not place.is_private:
            person = [self.world.chat.bot_id, *place.people[1:]][who % len(place.people)]
            self.world.run(self.world.chat.set_admin(place.chat_id, person, is_admin))

    @rule(where=number)
    @_acts
    def throw_out_and_call_back(self, where: int) -> None:
        place = self.place(where)
        if where % 4 == 0:
            self.world.run(self.world.chat.remove_bot(place.chat_id))
            self.world.troubles.add("server")
            self.world.run(asyncio.sleep(0.3))
            self.world.run(self.world.chat.add_bot(place.chat_id))

    @rule(
        where=number,
        names=st.lists(
            st.sampled_from(["/settings", "/memory on", "/memory off", "/language de", "/forget"]),
            min_size=2,
            max_size=4,
        ),
    )
    @_acts
    def argue(self, where: int, names: list[str]) -> None:
        """Several admins change things at once."""
        place = self.place(where)
        place.is_remembering = place.is_remembering or "/memory on" in names
        for who, text in enumerate(names):
            message = self.say(place, self.person(place, who), {"text": text})
            self.expect(place, message, text)

    @rule(where=number, count=st.integers(5, 12))
    @_acts
    def flood(self, where: int, count: int) -> None:
        place = self.place(where)
        photo = self.photo(place, where)
        for _ in range(count):
            message = self.say(place, self.person(place, where), {"photo": photo})
            self.expect(place, message, "photo of many")

    # The server

    @rule(several=st.lists(server_faults, min_size=1, max_size=4))
    @_acts
    def fail_at(self, several: list[ServerFault]) -> None:
        for fault in several:
            self.world.troubles.add("server")
            self.world.is_well = False
            self._add(fault)

    def _add(self, fault: ServerFault) -> None:
        faults, (method, kind, status, times, which) = self.world.server.faults, fault
        if kind == "error":
            faults.add(method, status=status, retry_after=1 + which % 2, times=times)
            if status in (401, 404) and method in ("*", "getMe"):
                self.world.troubles.add("refused")
        elif kind == "refusal":
            faults.add(method, status=400, description=REFUSALS[which % len(REFUSALS)], times=times)
        elif kind == "html":
            faults.html(method, times, status=[200, 403, 502, 503][which % 4])
        elif kind == "delay":
            faults.delay(method, READ_S * (1.2 if which % 4 == 0 else 0.1), min(times, 2))
        else:
            faults.drop(method, times, processed=kind == "taken")
        self.world.faults[f"{kind} {status}" if kind == "error" else kind] += 1

    @rule(kind=st.sampled_from(["repeat", "shuffle", "expire"]), times=st.integers(1, 8))
    @_acts
    def spoil_updates(self, kind: str, times: int) -> None:
        faults = self.world.server.faults
        if kind == "repeat":
            faults.repeat_updates(times, after_s=times / 10)
        elif kind == "shuffle":
            faults.shuffle_updates()
        else:
            faults.expire_callbacks()
        self.world.troubles.add("server")
        self.world.is_well = False
        self.world.faults[kind] += 1

    # The machine

    @rule(how=st.integers(0, 11))
    @_acts
    def stop(self, how: int) -> None:
        if how < 3:
            self.world.kill()
        elif how < 6:
            number = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[how - 3]
            if signal.getsignal(number) == signal.SIG_IGN:  # under nohup the bot is to live on
                number = signal.SIGTERM
            if wrong := self.world.restart(number):
                self.checks.fail(wrong)

    @rule(kind=st.sampled_from(["gallery", "full", "held", "nothing"]), how=st.integers(0, 3))
    @_acts
    def break_disk(self, kind: str, how: int) -> None:
        if how:
            return
        if kind == "gallery":
            self.world.lose_gallery()
        elif kind == "full":
            self.world.fill_disk()
        elif kind == "held":
            self.world.hold_database()
            self.world.run(asyncio.sleep(1.0))

    @rule(seed=number, is_new=st.booleans())
    @_acts
    def change_gallery(self, seed: int, is_new: bool) -> None:
        folder = self.world.gallery
        added = sorted(folder.glob("added-*")) if folder.exists() else []
        if is_new and folder.exists() and len(added) < 20:
            (folder / f"added-{seed}.jpg").write_bytes(people.encoded(seed))
        elif added:
            added[seed % len(added)].unlink()

    @rule(pause=st.integers(0, 4))
    @_acts
    def wait(self, pause: int) -> None:
        self.world.run(asyncio.sleep(pause / 10))

    @rule()
    @_acts
    def be_well(self) -> None:
        self.world.be_well()

    @rule(whether=st.integers(0, 3))
    @_acts
    def be_quiet(self, whether: int) -> None:
        if not whether:
            self.checks.all()

    @rule(where=number, whether=st.integers(0, 3))
    @_acts
    def forget_everything(self, where: int, whether: int) -> None:
        """Let a chat forget all its photos, with nothing in the way."""
        if whether:
            return
        place = self.place(where)
        self.checks.all()
        sent = self.say(
            place, PRIVATE if not place.is_private else place.chat_id, {"text": "/forget everything"}
        )
        self.checks.all()
        answers = self.world.run(self.world.chat.messages(place.chat_id, after=sent["message_id"]))
        buttons = [
            (message, each["callback_data"])
            for message in answers
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for each in row
            if each.get("callback_data", "").startswith(FORGET_EVERYTHING)
        ]
        if len(buttons) != 1:
            self.checks.fail(f"/forget everything in {place.chat_id} offers {buttons}: {answers}")
            return
        [(message, data)] = buttons
        who = PRIVATE if not place.is_private else place.chat_id
        body = {"message_id": message["message_id"], "data": data, "sender": who}
        self.world.run(self.world.chat._post(f"/local/chats/{place.chat_id}/callback", **body))
        self.checks.all()
        self.world.counts["forgettings"] += 1
        others = set().union(*(other.photos for other in self.world.places if other is not place))
        for photo in place.photos - others:
            self.checks.shall_vanish(photo, f"{place.chat_id} forgot everything")

    def teardown(self) -> None:
        _acts(lambda self: self.checks.all())(self)

    # What is there

    def place(self, where: int) -> Place:
        return self.world.places[where % len(self.world.places)]

    def person(self, place: Place, who: int) -> int:
        return place.people[who % len(place.people)]

    def messages(self, place: Place) -> list[Json]:
        return self.world.run(self.world.chat.messages(place.chat_id))[-60:]

    def message(self, place: Place, which: int, *, is_bot: bool | None = None) -> Json | None:
        found = [each for each in self.messages(place) if is_bot in (None, each["from"]["is_bot"])]
        return found[which % len(found)] if found else None

    def photo(self, place: Place, seed: int) -> list[Json]:
        """A photo of a place, which no other has."""
        sizes = self.world.server.photo(people.encoded(seed * 100 + self.world.places.index(place)))
        names = {size["file_unique_id"] for size in sizes}
        self.checks.may_stay(names)
        if not place.is_remembering:
            for name in names - place.photos:
                self.checks.shall_vanish(name, f"the memory of {place.chat_id} was never on")
        place.photos |= names
        return sizes

    def say(self, place: Place, sender: int, content: Json, reply: Json | None = None) -> Json:
        """Let somebody write, in the forum in one of its topics."""
        if reply is not None:
            self.checks.may_stay(pictures_of(reply))
            content["reply_to_message"] = {
                name: value for name, value in reply.items() if name != "reply_to_message"
            }
        elif place.kind == "forum" and len(self.messages(place)) > 3:
            first = self.messages(place)[2]
            content |= {"message_thread_id": first["message_id"], "is_topic_message": True}
            content["reply_to_message"] = {
                name: value for name, value in first.items() if name != "reply_to_message"
            }
        text = content.get("text", "")
        if "/memory" in f"{text}{content.get('caption', '')}":
            place.is_remembering = True
            self.checks.may_stay(place.photos)
        return self.world.server.say(place.chat_id, sender, content)

    def note(self, place: Place, message: Json) -> None:
        """Note whose the pictures of a message are."""
        names = pictures_of(message)
        self.checks.may_stay(names)
        place.photos |= names

    def expect(self, place: Place, message: Json, what: str, *, is_part: bool = False) -> None:
        """In private all is answered; in groups what is said to the bot by a command of its own."""
        said = message.get("text") or ""
        is_command = said.split("@")[0].split()[:1] in [
            [each.split("@")[0].split()[0]] for each in people.COMMANDS
        ]
        is_ours = (
            is_command and "@other" not in said and not said.startswith(("/nothing", "/stats", "/broadcast"))
        )
        is_for_others = "@other_bot" in (said or message.get("caption") or what)
        must = (place.is_private and not is_for_others) or (is_ours and not is_part)
        album = message.get("media_group_id", "")
        self.world.sent.append(Sent(place.chat_id, message["message_id"], what, must, album))


def pictures_of(message: Json) -> set[str]:
    """What names the files of a message, their thumbnails among them."""
    found = [message.get(name) for name in ("photo", "document", "sticker", "animation", "video")]
    files = [each for told in found if told for each in (told if isinstance(told, list) else [told])]
    thumbnails = [each["thumbnail"] for each in files if each.get("thumbnail")]
    return {each["file_unique_id"] for each in (*files, *thumbnails)}
