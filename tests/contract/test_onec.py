"""What we believe of 1C's OData, asked of the twin, or with CLOBUS_LIVE=onec of a real base (live.py).

It must be a test base: documents are created there and marked for deletion at the end. Tests that take `twin` break
the partner on purpose and are skipped live.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from clobus.core import clock
from clobus.core.breaker import BreakerPolicy
from clobus.core.errors import BadAnswer, GatewayDown, Missing, OutcomeUnknown, Refused, Transient
from clobus.core.http import RetryPolicy
from clobus.gateways.onec import odata, wire
from clobus.gateways.onec.client import OnecClient, open_onec
from clobus.gateways.onec.entities import Consultation, Counterparty, Redate, User
from tests.contract import live
from tests.support.twins import TwinProcess

LIVE = live.is_live("onec")
ZONE = ZoneInfo("Asia/Tashkent")
DOCUMENTS = Consultation.entity_set
QUICK = RetryPolicy(attempts=3, base=0.01, cap=0.02, patience=0.5)


class Base:
    """A base to ask: where it is, and the twin behind it unless it is real."""

    def __init__(self, twin: TwinProcess | None) -> None:
        self.twin = twin
        self.verify: bool | Path = True
        self.zone = ZONE
        if twin is None:
            given = live.onec()
            self.url, self.user, self.password = str(given.base_url), given.user, given.password.get_secret_value()
            self.verify, self.zone = given.ca_file or True, ZoneInfo(given.zone)
        else:
            self.url = f"{twin.base_url}/odata/standard.odata"
            self.user, self.password = twin.credentials["user"], twin.credentials["password"]

    def open(self, **options: Any) -> OnecClient:
        options = {"retry": QUICK, "breaker": BreakerPolicy(failures=1000)} | options
        password = options.pop("password", self.password)
        return open_onec(self.url, self.user, password, zone=self.zone, verify=self.verify, **options)


@pytest.fixture(scope="module")
def base() -> Iterator[Base]:
    if LIVE:
        yield Base(None)
    else:
        with TwinProcess("onec", "small") as process:
            yield Base(process)


@pytest.fixture
def twin(base: Base) -> Iterator[TwinProcess]:
    if base.twin is None:
        pytest.skip("needs a partner that breaks on command")
    before = base.twin.control("GET", "switches")
    yield base.twin
    base.twin.clear_faults()
    base.twin.control("POST", "switches", before)


@pytest.fixture
async def onec(base: Base) -> AsyncIterator[OnecClient]:
    client = base.open()
    yield client
    await client.close()


@pytest.fixture
async def owner(onec: OnecClient) -> Counterparty:
    rows = await onec.rows(
        Counterparty.entity_set, Counterparty, filter=odata.eq("DeletionMark", False), orderby="Code", top=20
    )
    return next(row for row in rows if not row.is_folder)


@pytest.fixture
async def body(onec: OnecClient, owner: Counterparty) -> dict[str, Any]:
    """A document as we create them (domain.md §2.4), far ahead, so that no daily limit is touched twice."""
    far = clock.now() + timedelta(days=400 + uuid4().int % 3000)
    return {
        "Date": clock.now(), "Posted": False, "Входящий": True, "ДатаСоздания": clock.now(), "ДатаКонсультации": far,
        "ВидОбращения": "ВОчередьНаКонсультацию", "Абонент_Key": owner.ref_key, "Автор_Key": wire.EMPTY_KEY,
        "Описание": "Проверка обмена", "КатегорияВопроса_Key": wire.EMPTY_KEY,
        "ВопросНаКонсультацию_Key": wire.EMPTY_KEY, "СпособСвязи": "ПоТелефону", "Важность": "Обычная",
        "Комментарий": f"Clobus {uuid4()}\nвторая строка", "КонсультацииИТС": [], "ВопросыИОтветы": [],
    }  # fmt: skip


async def test_it_tells_what_is_published(onec: OnecClient) -> None:
    assert DOCUMENTS in await onec.ping()


async def test_a_wrong_password_is_refused(base: Base) -> None:
    client = base.open(password="неверный")
    with pytest.raises(Refused) as caught:
        await client.ping()
    assert caught.value.code == "onec.unauthorized"
    await client.close()


async def test_pages_follow_one_another_without_gap(onec: OnecClient) -> None:
    total = await onec.count(DOCUMENTS)
    assert total > 60
    first, second, both = [
        await onec.versions(DOCUMENTS, orderby="Number asc", top=top, skip=skip)
        for top, skip in ((30, 0), (30, 30), (60, 0))
    ]
    assert [row.ref_key for row in first + second] == [row.ref_key for row in both]
    assert all(row.data_version for row in both)


async def test_a_window_counts_what_it_gives(onec: OnecClient) -> None:
    [newest] = await onec.rows(DOCUMENTS, Consultation, orderby="ДатаСоздания desc", top=1)
    assert newest.created_at
    window = odata.between("ДатаСоздания", wire.after(newest.created_at, -86_400 * 7), wire.after(newest.created_at, 1))
    rows = await onec.rows(DOCUMENTS, Consultation, filter=window, orderby="ДатаСоздания asc,Number asc")
    assert len(rows) == await onec.count(DOCUMENTS, window) > 0
    assert [row.created_at or "" for row in rows] == sorted(row.created_at or "" for row in rows)
    assert rows[-1].ref_key == newest.ref_key or rows[-1].created_at == newest.created_at


async def test_all_rows_come_without_top(onec: OnecClient) -> None:
    window = odata.eq("ВидОбращения", "ВОчередьНаКонсультацию")
    assert len(await onec.versions(DOCUMENTS, window)) == await onec.count(DOCUMENTS, window)


async def test_many_keys_are_read_in_several_requests(onec: OnecClient) -> None:
    keys = [row.ref_key for row in await onec.versions(DOCUMENTS, orderby="Number asc", top=60)]
    found = await onec.by_keys(DOCUMENTS, [*keys, uuid4()], Consultation)
    assert sorted(row.ref_key for row in found) == sorted(keys)


async def test_an_object_is_the_row_of_its_page(onec: OnecClient) -> None:
    [row] = await onec.rows(DOCUMENTS, Consultation, orderby="Number desc", top=1)
    assert await onec.get(DOCUMENTS, row.ref_key, Consultation) == row


async def test_only_an_explicit_answer_means_missing(onec: OnecClient) -> None:
    with pytest.raises(Missing):
        await onec.get(DOCUMENTS, uuid4(), Consultation)
    with pytest.raises(BadAnswer) as caught:
        await onec.get("Catalog_НетТакого", uuid4(), Consultation)
    assert caught.value.code == "onec.not_published"


async def test_a_bad_filter_is_refused_and_never_repeated(onec: OnecClient) -> None:
    with pytest.raises(Refused):
        await onec.page(DOCUMENTS, filter="Ref_Key qe 1", top=1)


async def test_keys_cannot_be_ordered_by_a_filter(onec: OnecClient) -> None:
    with pytest.raises((Refused, Transient)) as caught:
        await onec.page(DOCUMENTS, filter=f"Ref_Key gt guid'{uuid4()}'", top=1)
    assert caught.value.status == 500


@pytest.mark.parametrize("set_name", [User.entity_set, Redate.entity_set])
async def test_other_sets_are_readable(onec: OnecClient, set_name: str) -> None:
    kind = {kind.entity_set: kind for kind in (User, Redate)}[set_name]
    assert await onec.rows(set_name, kind, top=5)


async def test_a_document_is_created_changed_found_and_marked(onec: OnecClient, body: dict[str, Any]) -> None:
    made = await onec.create(DOCUMENTS, body, Consultation)
    assert made.number
    assert made.client_key == body["Абонент_Key"]
    assert wire.local_to_instant(made.planned_at, ZONE) == body["ДатаКонсультации"].replace(microsecond=0)
    moved = body["ДатаКонсультации"] + timedelta(hours=1)
    await onec.patch(DOCUMENTS, made.ref_key, {"ДатаКонсультации": moved, "DeletionMark": True})
    read = await onec.get(DOCUMENTS, made.ref_key, Consultation)
    assert wire.local_to_instant(read.planned_at, ZONE) == moved.replace(microsecond=0)
    assert read.deletion_mark
    assert read.data_version != made.data_version
    marker = body["Комментарий"].partition("\n")[0]
    around = {"since": clock.now() - timedelta(hours=1), "until": clock.now() + timedelta(hours=1)}
    for key in (body["Абонент_Key"], None):
        found = await onec.find_documents_by_marker(marker, client_key=key, **around)
        assert [row.ref_key for row in found] == [made.ref_key]
    assert await onec.find_documents_by_marker(f"Clobus {uuid4()}", client_key=None, **around) == []


async def test_the_fourth_request_of_a_day_is_a_rule_told_by_500(onec: OnecClient, body: dict[str, Any]) -> None:
    made = [await onec.create(DOCUMENTS, body, Consultation) for _ in range(3)]
    with pytest.raises(Refused) as caught:
        await onec.create(DOCUMENTS, body, Consultation)
    assert (caught.value.status, caught.value.code) == (500, "onec.rule")
    assert caught.value.vendor_text
    assert caught.value.vendor_text not in str(caught.value)
    for row in made:
        await onec.patch(DOCUMENTS, row.ref_key, {"DeletionMark": True})


async def test_a_record_is_added_once(onec: OnecClient, body: dict[str, Any]) -> None:
    made = await onec.create(DOCUMENTS, body, Consultation)
    [user] = await onec.rows(User.entity_set, User, top=1)
    record = {
        "Period": clock.now(), "ДокументОбращения_Key": made.ref_key, "Абонент_Key": made.client_key,
        "Менеджер_Key": user.ref_key, "НоваяДата": clock.now() + timedelta(days=1), "Комментарий": "проверка",
    }  # fmt: skip
    await onec.create_record(Redate.entity_set, record)
    [row] = await onec.rows(Redate.entity_set, Redate, filter=odata.eq("ДокументОбращения_Key", made.ref_key))
    assert wire.local_to_instant(row.period, ZONE) == record["Period"].replace(microsecond=0)
    with pytest.raises(Refused):
        await onec.create_record(Redate.entity_set, record)
    await onec.patch(DOCUMENTS, made.ref_key, {"DeletionMark": True})


async def test_a_publication_without_count_is_counted_inline(onec: OnecClient, twin: TwinProcess) -> None:
    expected = await onec.count(DOCUMENTS)
    twin.control("POST", "switches", {"count_supported": False})
    assert await onec.count(DOCUMENTS) == expected
    with pytest.raises(Refused):
        await onec.count(DOCUMENTS, "Ref_Key qe 1")
    twin.control("POST", "switches", {"inlinecount_ignores_paging": True})
    assert await onec.count(DOCUMENTS) == expected


async def test_a_hiccup_is_outlived(onec: OnecClient, twin: TwinProcess) -> None:
    twin.fault("status", times=2, status=503)
    assert await onec.versions(DOCUMENTS, top=1)
    twin.fault("cut", times=2)
    assert await onec.versions(DOCUMENTS, top=1)


async def test_a_slow_page_is_transient(base: Base, twin: TwinProcess) -> None:
    client = base.open(read=0.2, retry=RetryPolicy(attempts=1))
    await client.ping()
    twin.fault("slow", seconds=1)
    with pytest.raises(Transient) as caught:
        await client.page(DOCUMENTS, top=1001)
    assert type(caught.value) is Transient
    await client.close()


async def test_a_page_too_big_is_asked_for_again_by_whoever_wants_less(onec: OnecClient, twin: TwinProcess) -> None:
    body = {"odata.error": {"code": "-1", "message": {"lang": "ru", "value": "Ошибка СУБД"}}}
    twin.fault("status", times=2, status=500, body=body)
    with pytest.raises(Transient):
        await onec.page(DOCUMENTS, top=1001)
    with pytest.raises(Refused):
        await onec.page(DOCUMENTS, top=1000)
    twin.fault("status", times=1, status=503)
    with pytest.raises(Transient):
        await onec.page(DOCUMENTS, top=1001)
    assert len(await onec.rows(DOCUMENTS, Consultation, top=1001)) == 1001


@pytest.mark.parametrize("kind", ["cut_after_write", "cut"])
async def test_a_lost_answer_of_a_creation_is_unknown_until_probed(
    onec: OnecClient, twin: TwinProcess, body: dict[str, Any], kind: str
) -> None:
    twin.fault(kind, match="POST")
    with pytest.raises(OutcomeUnknown):
        await onec.create(DOCUMENTS, body, Consultation)
    found = await onec.find_documents_by_marker(
        body["Комментарий"].partition("\n")[0], client_key=body["Абонент_Key"],
        since=clock.now() - timedelta(hours=1), until=clock.now() + timedelta(hours=1),
    )  # fmt: skip
    assert len(found) == (1 if kind == "cut_after_write" else 0)
    sent = [seen["body"].get("Комментарий") for seen in twin.received() if seen["method"] == "POST"]
    assert sent.count(body["Комментарий"]) == 1


async def test_a_lost_answer_of_a_change_is_repeated(onec: OnecClient, twin: TwinProcess, body: dict[str, Any]) -> None:
    made = await onec.create(DOCUMENTS, body, Consultation)
    twin.fault("cut_after_write", match="PATCH")
    await onec.patch(DOCUMENTS, made.ref_key, {"Описание": "дважды"})
    assert (await onec.get(DOCUMENTS, made.ref_key, Consultation)).description == "дважды"
    twin.control("POST", "switches", {"patch_empty_body": True})
    assert await onec.patch(DOCUMENTS, made.ref_key, {"DeletionMark": True}) == {}


@pytest.mark.parametrize(
    ("switches", "code"),
    [
        ({"licence_exhausted": True}, "onec.licence"),
        ({"sessions_denied": "Начало сеанса с информационной базой запрещено.\nОбновление до 18:00"}, "onec.paused"),
    ],
)
async def test_a_pause_is_no_error_of_the_request(
    onec: OnecClient, twin: TwinProcess, body: dict[str, Any], switches: dict[str, Any], code: str
) -> None:
    twin.control("POST", "switches", switches)
    for call in (onec.ping(), onec.create(DOCUMENTS, body, Consultation)):
        with pytest.raises(Transient) as caught:
            await call
        assert type(caught.value) is Transient
        assert (caught.value.code, caught.value.retry_after, caught.value.not_done) == (code, 60, True)


async def test_a_login_page_with_a_cheerful_status_is_no_page(base: Base, twin: TwinProcess) -> None:
    twin.control("POST", "switches", {"html_200_on_auth": True})
    client = base.open(password="wrong")
    with pytest.raises(BadAnswer) as caught:
        await client.rows(DOCUMENTS, Consultation, top=1)
    assert caught.value.code == "onec.html"
    await client.close()


async def test_an_address_that_the_door_cuts_is_a_fault_of_ours(base: Base, twin: TwinProcess) -> None:
    twin.control("POST", "switches", {"iis_query_limit": 100})
    client = base.open()
    with pytest.raises(BadAnswer) as caught:
        await client.by_keys(DOCUMENTS, [uuid4() for _ in range(5)], Consultation)
    assert caught.value.code == "onec.not_its_404"
    await client.close()


async def test_nobody_is_there() -> None:
    client = open_onec("http://127.0.0.1:9/x", "u", "p", zone=ZONE, retry=RetryPolicy(attempts=1))
    with pytest.raises(GatewayDown):
        await client.create(DOCUMENTS, {"Date": datetime.now(ZONE)}, Consultation)
    await client.close()
