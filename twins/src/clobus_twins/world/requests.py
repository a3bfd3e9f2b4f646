"""Requests: the documents `Document_ТелефонныйЗвонок` of 1C (domain.md §2.4) and the moves of their dates (§2.6).

Statuses follow table A of §3.13 exactly. Nobody has more than three documents on one day of `ДатаКонсультации`.
The eight that are not finished are made the day before `today`; five are of ours, three of foreign counterparties.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate

from clobus_twins.world import calendar
from clobus_twins.world.companies import Company, Counterparties
from clobus_twins.world.dictionaries import Question, questions
from clobus_twins.world.ids import BROKEN_MANAGER, random_guid
from clobus_twins.world.managers import ACCOUNTING_DEPARTMENTS, Manager
from clobus_twins.world.shape import Shape
from clobus_twins.world.texts import Writer

DAILY_LIMIT = 3
FIRST_NUMBER = 100_001
OUR_SHARE = 0.72
MOVED = (4, 5)  # ordinals of the pending ones whose date was moved


@dataclass
class Move:
    """One move of a request's date: when, from, to."""

    period: datetime
    old: datetime
    new: datetime


@dataclass
class Request:
    """A request before it becomes rows; `status` is that of table A, `planned` is `ДатаКонсультации`."""

    key: str
    number: str
    status: str
    company: Company
    manager: Manager | None
    question: Question
    asked: str  # "question", "category" or "" - how much of the question is filled in
    created: datetime
    planned: datetime | None = None
    ended: datetime | None = None
    moves: list[Move] = field(default_factory=list)
    text: str = ""

    @property
    def language(self) -> str:
        """The language of the request, ru or uz."""
        return self.question.language


class _Clients:
    """Draws who asks: most of ours, a few of them often; some of the others."""

    def __init__(self, rng: random.Random, people: Counterparties) -> None:
        self._rng = rng
        ours = [company for company in people.ours if not company.deleted]
        self._ours, self._ours_weights = self._weighted(ours)
        self._foreign, self._foreign_weights = self._weighted(rng.sample(people.foreign, len(people.foreign) // 5))

    def _weighted(self, companies: list[Company]) -> tuple[list[Company], list[float]]:
        return companies, list(accumulate(self._rng.paretovariate(1.3) for _ in companies))

    def another(self, instead: Company) -> Company:
        """Draw another company of the same side."""
        while True:
            found = self.draw(1, 0.0 if instead.code is None else 1.0)[0]
            if found.key != instead.key:
                return found

    def draw(self, count: int, share: float) -> list[Company]:
        """Draw `count` companies of which about `share` are ours."""
        rng = self._rng
        ours = rng.choices(self._ours, cum_weights=self._ours_weights, k=count)
        foreign = rng.choices(self._foreign, cum_weights=self._foreign_weights, k=count)
        return [one if rng.random() < share else other for one, other in zip(ours, foreign, strict=True)]


class _Maker:
    """Makes requests one after another and keeps the day's limit."""

    def __init__(
        self, rng: random.Random, clients: _Clients, managers: list[Manager], firms: list[str], today: datetime
    ) -> None:
        self.rng = rng
        self.clients = clients
        self.today = today
        self.latest = today - timedelta(hours=6)
        self.taken: Counter[tuple[str, datetime]] = Counter()
        self.writer = Writer(rng, firms)
        self.questions = {language: questions(language) for language in ("ru", "uz")}
        self.weights = {
            language: list(accumulate(one.topic.weight for one in asked)) for language, asked in self.questions.items()
        }
        able = [one for one in managers if one.department in ACCOUNTING_DEPARTMENTS]
        self.managers = {language: [one for one in able if language in one.languages] for language in ("ru", "uz")}

    def make(self, number: int, status: str, company: Company, created: datetime) -> Request:
        """Make a request with its question, manager and text; it has no dates yet."""
        rng = self.rng
        language = "uz" if rng.random() < (0.6 if company.uzbek else 0.2) else "ru"
        question = rng.choices(self.questions[language], cum_weights=self.weights[language])[0]
        manager = None if rng.random() < 0.02 else rng.choice(self.managers[language])
        asked = rng.choices(("question", "category", ""), (86, 5, 9))[0]
        made = Request(random_guid(rng), f"{number:011d}", status, company, manager, question, asked, created)
        made.text = self.writer.request(question, created)
        return made

    def plan_history(self, made: Request) -> None:
        """Give a finished request its planned date, its moves and its end, all before `today`."""
        rng = self.rng
        if rng.random() < (0.01 if made.status == "closed" else 0.2):
            made.ended = self._ending(made, made.created) if made.status == "closed" else None
            return
        days = rng.choices((0, 1, 2, 3, 5, 9), (50, 25, 10, 7, 5, 3))[0]
        planned = made.created + timedelta(minutes=rng.randint(15, 180))
        if days:
            day = calendar.next_working(calendar.midnight(made.created) + timedelta(days=days))
            planned = calendar.on_slot(rng, day)
        if planned > self.latest:
            planned = max(made.created + timedelta(minutes=10), min(planned, self.latest))
        made.planned = self._claim(made, planned)
        if rng.random() < 0.3:
            self.move(made, made.planned)
        if made.status == "closed" or rng.random() < 0.4:
            made.ended = self._ending(made, made.planned)

    def plan_active(self, made: Request, index: int) -> None:
        """Plan an unfinished request: the one in work for today, the others for the next days, two of them moved."""
        made.manager = self.managers_with_agents(made.language)[index]
        if made.status == "open":
            made.planned = self._claim(made, self.today + timedelta(hours=9))
            return
        self.plan_ahead(made, 1 + index % 4)
        if index in MOVED and made.planned:
            old = calendar.on_slot(self.rng, self.today)
            made.moves = [Move(made.created + timedelta(minutes=7), old, made.planned)]

    def managers_with_agents(self, language: str) -> list[Manager]:
        """Managers of a language who have an agent, the one with the broken mapping last."""
        able = [one for one in self.managers[language] if one.has_agent]
        return sorted(able, key=lambda one: one.key == BROKEN_MANAGER)

    def plan_ahead(self, made: Request, days: int) -> None:
        """Give a request a planned date `days` after `today`."""
        made.planned = self._claim(made, calendar.on_slot(self.rng, self.today + timedelta(days=days)))

    def move(self, made: Request, upto: datetime) -> None:
        """Let the planned date be the last of one to three moves made before `upto` and before `today`."""
        upto = min(upto, self.latest)
        final = made.planned
        span = (upto - made.created).total_seconds()
        if final is None or span < 20 * 3600:
            return
        count = self.rng.choices((1, 2, 3), (70, 22, 8))[0]
        dates = [final]
        for _ in range(count):
            day = calendar.midnight(dates[0]) - timedelta(days=self.rng.randint(0, 2))
            earlier = calendar.on_slot(self.rng, day)
            if earlier <= made.created or earlier == dates[0]:
                earlier = made.created + (dates[0] - made.created) / 2
            dates.insert(0, earlier.replace(microsecond=0))
        step = span / (count + 1)
        made.moves = [
            Move(made.created + timedelta(seconds=int(step * (index + self.rng.random() * 0.9))), old, new)
            for index, (old, new) in enumerate(zip(dates, dates[1:], strict=False), 1)
        ]

    def _ending(self, made: Request, start: datetime) -> datetime:
        minutes = self.rng.choice((7, 10, 12, 15, 18, 20, 25, 30, 40, 55, 75, 100))
        ended = start + timedelta(minutes=minutes, seconds=self.rng.randrange(60))
        if self.rng.random() < 0.08:
            ended += timedelta(days=self.rng.randint(1, 4))
        return max(min(ended, self.today - timedelta(minutes=10)), made.created + timedelta(seconds=90))

    def _claim(self, made: Request, planned: datetime) -> datetime:
        """Take a place on the day of `planned`; when the company has none left, another of its kind asks instead."""
        day = calendar.midnight(planned)
        while self.taken[made.company.key, day] >= DAILY_LIMIT:
            made.company = self.clients.another(made.company)
        self.taken[made.company.key, day] += 1
        return planned


def requests(
    rng: random.Random, shape: Shape, people: Counterparties, managers: list[Manager], today: datetime
) -> list[Request]:
    """Return all requests of 1C in the order of their numbers, as of `today` (midnight, local)."""
    maker = _Maker(rng, _Clients(rng, people), managers, [one.name for one in people.foreign[:400]], today)
    finished = shape.closed + shape.cancelled
    statuses = ["closed"] * shape.closed + ["cancelled"] * shape.cancelled
    rng.shuffle(statuses)
    clients = maker.clients.draw(finished, OUR_SHARE)
    moments = calendar.creation_times(rng, finished, today - timedelta(days=1))
    made: list[Request] = []
    for status, company, created in zip(statuses, clients, moments, strict=True):
        request = maker.make(FIRST_NUMBER + len(made), status, company, created)
        maker.plan_history(request)
        made.append(request)
    _plan_cancelled_ahead(maker, made, shape)
    statuses = ["pending"] * shape.pending + ["open"] * shape.open
    morning = today - timedelta(days=1) + timedelta(hours=9, minutes=40)
    for index, status in enumerate(statuses):
        foreign = index < shape.active_foreign
        company = maker.clients.draw(1, 0.0 if foreign else 1.0)[0]
        created = morning + timedelta(minutes=53 * index, seconds=7 * index)
        request = maker.make(FIRST_NUMBER + len(made), status, company, created)
        maker.plan_active(request, index)
        made.append(request)
    return made


def _plan_cancelled_ahead(maker: _Maker, made: list[Request], shape: Shape) -> None:
    """Put a few cancelled ones into the future: called off before their day came."""
    late = [one for one in made[-shape.documents // 20 :] if one.status == "cancelled" and one.planned is None]
    for days, request in enumerate(late[:6], 1):
        maker.plan_ahead(request, days)
