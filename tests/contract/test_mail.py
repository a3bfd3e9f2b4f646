"""Letters over SMTP: the gateway against the twin, in every way in which a server can answer or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clobus.core.errors import GatewayDown, GatewayError, OutcomeUnknown, Refused, Transient
from clobus.gateways.mail.smtp import Letter, Mailer
from tests.support.ports import free_port
from tests.support.twins import TwinProcess

LETTER = Letter("madina@example.uz", "Заявка № Т-1", "Здравствуйте!\n.\nКонец", "<p>Здравствуйте!</p>", "note-1")


@pytest.fixture
def mail() -> Iterator[TwinProcess]:
    with TwinProcess("mail") as twin:
        yield twin


def mailer(twin: TwinProcess, **more: float) -> Mailer:
    known = twin.credentials
    return Mailer(known["host"], known["port"], "Clobus <desk@clobus.example>", tls="none", **more)


async def outcome(twin: TwinProcess, letter: Letter = LETTER, **more: float) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await mailer(twin, **more).send(letter)
    return caught.value


async def test_a_letter_comes_as_it_was_written(mail: TwinProcess) -> None:
    await mailer(mail).send(LETTER)
    [kept] = mail.control("GET", "messages", to=LETTER.to)
    assert (kept["subject"], kept["text"].strip(), kept["html"].strip()) == (LETTER.subject, LETTER.text, LETTER.html)
    assert kept["headers"]["Message-ID"] == "<note-1@clobus.example>"
    assert kept["headers"]["Auto-Submitted"] == "auto-generated"
    assert kept["sender"] == "desk@clobus.example"
    assert mail.control("GET", "messages", to="other@example.uz") == []


async def test_a_subject_with_a_break_makes_no_header(mail: TwinProcess) -> None:
    await mailer(mail).send(Letter(LETTER.to, "A\r\nBcc: x@example.uz", "t", "h", "note-2"))
    [kept] = mail.control("GET", "messages")
    assert kept["subject"] == "A Bcc: x@example.uz"
    assert "Bcc" not in kept["headers"]


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@b", "a b@example.uz", "a@example.uz\r\nRCPT TO:<x@y.uz>", "é@example.uz"]
)
async def test_no_address_is_refused_without_a_call(to: str) -> None:
    with pytest.raises(Refused) as caught:
        await Mailer("127.0.0.1", free_port(), "desk@clobus.example", tls="none").send(
            Letter(to, "s", "t", "h", "note-3")
        )
    assert caught.value.code == "mail.no_address"


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
async def test_refusals_by_their_code(mail: TwinProcess, stage: str) -> None:
    mail.fault("status", status=550, match=f"^{stage} ")
    refused = await outcome(mail)
    assert isinstance(refused, Refused)
    assert refused.status == 550
    mail.fault("status", status=451, match=f"^{stage} ")
    later = await outcome(mail)
    assert isinstance(later, Transient)
    assert later.not_done
    assert mail.control("GET", "messages") == []


async def test_a_connection_that_ends_before_the_letter_is_surely_no_letter(mail: TwinProcess) -> None:
    mail.fault("cut", match="^RCPT ")
    assert isinstance(await outcome(mail), GatewayDown)
    mail.stop()
    assert isinstance(await outcome(mail), GatewayDown)


async def test_a_lost_answer_to_the_letter_is_unknown(mail: TwinProcess) -> None:
    mail.fault("cut_after_write")
    assert isinstance(await outcome(mail), OutcomeUnknown)
    assert len(mail.control("GET", "messages")) == 1
    mail.fault("hang", match="^DATA ", seconds=3)
    assert isinstance(await outcome(mail, seconds=0.5), OutcomeUnknown)


async def test_a_server_without_tls_gets_no_letter_that_wants_it(mail: TwinProcess) -> None:
    known = mail.credentials
    with pytest.raises(GatewayDown):
        await Mailer(known["host"], known["port"], "desk@clobus.example").send(LETTER)
    assert mail.control("GET", "messages") == []


def test_letters_and_the_port_outlive_the_twin(tmp_path: Path) -> None:
    with TwinProcess("mail", data=tmp_path / "state") as twin:
        before = twin.credentials["port"]
        twin.kill()
        twin.start()
        assert twin.credentials["port"] == before
        assert twin.control("GET", "messages") == []
