"""The owner's commands: figures of the bot, and a message to every chat."""

from collections.abc import Mapping

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chats.chats import Counts
from bot.delivery.turn import STAGES, Stage
from bot.features.owner.broadcasts import Delivery
from bot.language import _, ngettext, number
from bot.metrics import Metrics, Percentiles

BROADCAST = "broadcast:"
SEND, DROP = f"{BROADCAST}send:", f"{BROADCAST}drop:"


def stats(metrics: Metrics, counts: Counts, *, waiting: int, gallery: int) -> str:
    """Show the figures of the bot: its updates, answers, chats and photos.

    Args:
        waiting: Questions that wait for the network.
        gallery: Photos in the gallery.
    """
    outcomes = metrics.counts()
    lines = (
        _("Running for {time}").format(time=duration(metrics.uptime_s)),
        _("Updates: {updates}, answered: {answers}").format(
            updates=number(sum(outcomes.values())), answers=number(outcomes.get("answered", 0))
        ),
        _latencies(metrics.percentiles()),
        *_way(metrics.stage_percentiles()),
        _("Waiting for the network: {waiting}").format(waiting=number(waiting)),
        _("Groups: {groups}, people: {people}, left: {left}").format(
            groups=number(counts.groups), people=number(counts.people), left=number(counts.left)
        ),
        _("Photos remembered: {photos}").format(photos=number(counts.photos)),
        _("Photos in the gallery: {photos}").format(photos=number(gallery)),
    )
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Write a time in days, hours and minutes."""
    minutes = int(seconds // 60)
    days, hours = divmod(minutes // 60, 24)
    return _("{days} d {hours} h {minutes} min").format(days=days, hours=hours, minutes=minutes % 60)


def how_to_broadcast() -> str:
    """Explain /broadcast."""
    return _("Write the message behind the command: /broadcast Tomorrow I pause for an hour.")


def confirm(chats: int) -> str:
    """Ask before a message goes to so many chats."""
    return ngettext(
        "This is the message. It would go to {chats} chat.",
        "This is the message. It would go to {chats} chats.",
        chats,
    ).format(chats=number(chats))


def confirm_keyboard(broadcast: int, chats: int) -> InlineKeyboardMarkup:
    """Let the owner send a message to so many chats, or not."""
    send = ngettext("Send it to {chats} chat", "Send it to {chats} chats", chats).format(chats=number(chats))
    buttons = [InlineKeyboardButton(send, callback_data=f"{SEND}{broadcast}")] if chats else []
    drop = InlineKeyboardButton(_("Do not send it"), callback_data=f"{DROP}{broadcast}")
    return InlineKeyboardMarkup([buttons, [drop]] if buttons else [[drop]])


def begun(chats: int) -> str:
    """Say that a message goes out to so many chats."""
    return ngettext(
        "It goes to {chats} chat now, slowly; I will tell when it is done.",
        "It goes to {chats} chats now, slowly; I will tell when it is done.",
        chats,
    ).format(chats=number(chats))


def dropped() -> str:
    """Say that a message is not sent."""
    return _("It was not sent.")


def gone() -> str:
    """Say that the button has no meaning any more."""
    return _("That message was sent, dropped or replaced by another one.")


def done(delivery: Delivery) -> str:
    """Tell how many chats got a message, and why the others did not."""
    counts = {"sent": delivery.sent, "left": delivery.left, "failed": delivery.failed}
    return _(
        "The message went to {sent} of {total} chats. Left or blocked me: {left}. Not taken, or not "
        "known: {failed}."
    ).format(total=number(sum(counts.values())), **{name: number(count) for name, count in counts.items()})


def _way(found: Mapping[str, Percentiles]) -> list[str]:
    """Tell how long the stages of a photo's way take; nothing before there was one."""
    if not found:
        return []
    lines = [
        _("- {stage}: {median} ms, {p95} ms").format(
            stage=_name_of(stage), median=_ms(found[stage].p50), p95=_ms(found[stage].p95)
        )
        for stage in STAGES
        if stage in found
    ]
    return [_("The way of a photo took (median, 95 %):"), *lines]


def _name_of(stage: Stage) -> str:
    names = {
        "arrival": _("until its turn"),
        "download": _("download"),
        "decode": _("opening the file"),
        "queue": _("waiting for the network"),
        "encoder": _("the network looks"),
        "beam": _("the network writes"),
        "send": _("sending the answer"),
        "whole": _("in all"),
    }
    return names[stage]


def _ms(seconds: float) -> str:
    return number(1000 * seconds, 1 if seconds < 0.01 else 0)


def _latencies(latency: Percentiles) -> str:
    median, p95, p99 = (number(seconds, 2) for seconds in (latency.p50, latency.p95, latency.p99))
    return _("Answers took: {median} s (median), {p95} s (95 %), {p99} s (99 %)").format(
        median=median, p95=p95, p99=p99
    )
