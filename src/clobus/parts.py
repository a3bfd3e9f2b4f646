"""The sync, put together over an open runtime: what the worker's loops, the schedule and the commands work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from clobus.gateways.telegram.client import TelegramClient
from clobus.modules.consultations.roster import Roster
from clobus.modules.ops.alerts import Watch
from clobus.runtime import Runtime
from clobus.settings import Settings
from clobus.sync.chatwoot import panel
from clobus.sync.chatwoot.names import Directory
from clobus.sync.chatwoot.provision import Provisioner
from clobus.sync.chatwoot.push import ChatwootPush
from clobus.sync.chatwoot.receive import Receiver
from clobus.sync.chatwoot.reconcile import Desk
from clobus.sync.drift import Comparer
from clobus.sync.onec.feed import Context
from clobus.sync.onec.feeds import CONSULTATIONS
from clobus.sync.onec.pull import Reader
from clobus.sync.onec.push import OnecPush
from clobus.sync.telegram.inward import Inward
from clobus.sync.telegram.outward import Outward

WEBHOOK_PATH = "/hooks/chatwoot"


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each, so that what they remember for a moment is shared."""

    runtime: Runtime
    reader: Reader
    receiver: Receiver
    desk: Desk
    provisioner: Provisioner
    chatwoot_push: ChatwootPush
    onec_push: OnecPush
    inward: Inward
    outward: Outward | None
    roster: Roster
    watch: Watch = field(default_factory=Watch)

    @property
    def comparer(self) -> Comparer:
        """What a comparison of the three systems works with."""
        return Comparer(self.runtime.db, self.reader, CONSULTATIONS, self.desk)


def assemble(runtime: Runtime) -> Parts:
    """Put the sync together; nothing is read or written."""
    settings, db, chatwoot = runtime.settings, runtime.db, runtime.chatwoot
    given, inbox = settings.onec, settings.chatwoot.inbox_id
    context = Context(runtime.onec.zone, UUID(settings.clients_folder))
    directory = Directory(db, chatwoot, settings.tz)
    telegram = TelegramClient.over(runtime.telegram) if runtime.telegram else None
    receiver = Receiver(db, chatwoot, directory, inbox)
    provisioner = Provisioner(
        db,
        chatwoot,
        runtime.platform,
        directory,
        inbox,
        webhook_address(settings),
        csat=settings.ratings.csat,
        panel_url=panel_address(settings),
    )
    return Parts(
        runtime,
        Reader(runtime.onec, db, context, given.page_size, given.overlap_seconds, given.pages_in_flight),
        receiver,
        Desk(db, chatwoot, receiver, directory, inbox),
        provisioner,
        ChatwootPush(db, chatwoot, receiver, directory, provisioner, inbox),
        OnecPush(db, runtime.onec, context),
        Inward(db, chatwoot, telegram),
        Outward(db, chatwoot, telegram) if telegram else None,
        Roster(settings.calendar.of(settings.tz)),
    )


def panel_address(settings: Settings) -> str | None:
    """The page that Chatwoot frames beside a conversation; None when it is turned off."""
    language = settings.chatwoot.dashboard_app
    return None if language == "off" else f"{str(settings.public_url).rstrip('/')}/{language}/{panel.PATH}"


def webhook_address(settings: Settings) -> str:
    """Where Chatwoot delivers: the address of its own, or the public one."""
    base = settings.webhook_url or settings.public_url
    return str(base).rstrip("/") + WEBHOOK_PATH
