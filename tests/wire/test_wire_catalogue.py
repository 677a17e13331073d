"""The public catalogue: what is read out of it, and how it is asked."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire.faulty import Faulty, answering, breaking, dripping, http, saying, silent
from wire.speaker import MODEL, SECRET, client, run

from comet_jupyter import errors
from comet_jupyter.wire.catalogue import MAX_ENTRIES, MAX_PRICE, MIN_PRICE, Entry, parse
from comet_jupyter.wire.client import MAX_CATALOGUE
from comet_jupyter.wire.exchange import Limits
from comet_jupyter.wire.payload import PayloadError
from comet_jupyter.wire.request import PredictionRequest

PRICED = {"code": MODEL, "pricing": {"currency": "USD", "per_request": 0.003}}
READ = Entry(frozenset({MODEL}), 0.003, model=MODEL)
LISTED = {"success": True, "total": 1, "data": [PRICED]}


def ask(root: str, **settings: Any) -> Any:
    """What the client makes of the catalogue there, or the error it raised."""
    try:
        return run(lambda speaker: speaker.catalogue(), client(root, **settings))
    except errors.CometError as error:
        return error


def price_in(pricing: Any) -> float | None:
    """What is read out of one entry's pricing."""
    [entry] = parse(json.dumps({"data": [{"code": "a/b", "pricing": pricing}]}).encode())
    return entry.price


# -- what is read ------------------------------------------------------------------------------


def test_an_entry_has_every_name_it_goes_by():
    """Code, id and name count alike, in any case and with or without the owner."""
    told = {"id": f" {MODEL.upper()}", "code": "Flux-Schnell", "name": "FLUX.1 [schnell]"}
    priced = {**told, "pricing": {"per_request": 0.003}, "endpoints": '{"replicate": {}}'}
    names = frozenset({MODEL, "flux-schnell", "flux.1 [schnell]"})
    [entry] = parse(json.dumps({"data": [priced]}).encode())
    assert (entry.names, entry.price) == (names, 0.003)


@pytest.mark.parametrize(
    ("pricing", "price"),
    [
        ({"currency": "USD", "per_request": 0.003}, 0.003),
        ({"currency": " usd ", "per_request": "0.003"}, 0.003),
        ({"currency": None, "per_request": " $0.04 "}, 0.04),
        ({"currency": "", "per_request": "3e-3"}, 0.003),
        ({"per_request": 2, "input": 1.5}, 2.0),
        ('{"currency": "USD", "per_request": 0.003}', 0.003),
        ({"currency": "USD / request", "per_request": 0.04}, 0.04),
        ({"currency": "USD per Image", "per_request": 0.04}, 0.04),
        ({"per_request": MAX_PRICE}, MAX_PRICE),
        ({"per_request": MIN_PRICE}, MIN_PRICE),
    ],
)
def test_a_price_in_dollars_per_request_is_read(pricing: Any, price: float) -> None:
    """As number or text, with the currency named or left out, as object or as its JSON text."""
    assert price_in(pricing) == price


@pytest.mark.parametrize(
    "pricing",
    [
        *(None, {}, [], 0.003, "", "0.003", "{", "[" * 100_000, True),
        *({"per_request": value} for value in (None, "", "free", "0,003", "-1", "nan", "inf")),
        *(
            {"per_request": value}
            for value in ("1_000", "٣", "1e999", "0x1", "0.1/image", "9" * 99)
        ),
        *({"per_request": value} for value in (0, -0.0, -0.003, 1e-9, 1e6, 10**30, True, [1])),
        *({"per_request": value} for value in (float("nan"), float("inf"), {"amount": 1})),
        *({"per_request": 1, "currency": currency} for currency in ("EUR", "CNY", "$", 1, ["USD"])),
        {"currency": "USD / M Tokens", "per_request": 1},
        {"currency": "USDT", "per_request": 1},
        {"currency": "USD", "input": 2.5, "output": 10},
        {"currency": "USD", "per_second": 0.1},
    ],
    ids=lambda pricing: repr(pricing)[:40],
)
def test_any_other_price_is_unknown(pricing: Any) -> None:
    """Per token, in another currency, zero, negative, absurd or no number: never invented."""
    assert price_in(pricing) is None


def entry_of(**told: Any) -> Entry:
    """What is read out of one entry."""
    [entry] = parse(json.dumps({"data": [{"id": "a/b", **told}]}).encode())
    return entry


ROUTE = "/replicate/v1/models/black-forest-labs/flux-schnell/predictions"


@pytest.mark.parametrize(
    ("told", "model"),
    [
        ({"id": MODEL}, MODEL),
        ({"id": "gpt-image", "code": MODEL}, MODEL),
        ({"id": "flux", "code": "schnell", "endpoints": {"replicate": {"path": ROUTE}}}, MODEL),
        ({"id": "other/name", "endpoints": json.dumps([ROUTE])}, MODEL),
        ({"id": "gpt-image", "code": "gpt-image", "name": "a/title"}, ""),
        ({"id": "../etc/passwd", "code": "a/b/c", "name": "x"}, ""),
        ({"id": "a b/c", "code": "a/b?x=1"}, ""),
        ({"id": "a../b", "code": "a/..b"}, ""),
        ({"id": "a/b\r\nX: 1"}, ""),
        ({"id": "x", "endpoints": "{" * 100_000}, ""),
        ({"id": "x", "endpoints": '{"path": "/models/../../predictions"}'}, ""),
    ],
)
def test_the_name_for_a_request_is_one_that_a_path_can_carry(
    told: dict[str, Any], model: str
) -> None:
    """From its route of predictions, its id or its code; anything that is no name is none."""
    assert entry_of(**told).model == model


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"model_type": "image"}, "image"),
        ({"model_type": "Image Generation"}, "image"),
        ({"model_type": "video", "features": ["image-to-video"]}, "video"),
        ({"model_type": "text"}, "text"),
        ({"features": ["text-to-image"]}, "image"),
        ({"features": ["image-to-video"]}, "video"),
        ({"features": ["image-editing"]}, "image"),
        ({"features": '["text-to-image"]'}, "image"),
        ({"model_type": "3d"}, "3d"),
        ({"model_type": None, "features": None}, ""),
        ({"model_type": ["image"], "features": {"a": 1}}, ""),
    ],
)
def test_what_a_model_makes_is_told_by_its_type_or_its_features(
    told: dict[str, Any], kind: str
) -> None:
    """The type first; an unknown one stays as it is."""
    assert entry_of(**told).kind == kind


def test_facts_are_clean_and_short():
    """Control codes, line breaks and megabytes of text do not get through."""
    entry = entry_of(
        name="Flux\x1b[31m\u202e\nDev",
        provider="x" * 10_000,
        description="a\r\nb\x00c",
        features=["Text-To-Image", 5, "text-to-image", *(f"f{n}" for n in range(99))],
        upcoming=True,
    )
    assert entry.title == "Flux Dev"
    assert len(entry.provider) == 300
    assert entry.description == "a bc"
    assert entry.features[0] == "text-to-image"
    assert len(entry.features) < 12
    assert entry.upcoming is True
    assert entry_of(upcoming="no").upcoming is False


@pytest.mark.parametrize(
    ("endpoints", "predicts"),
    [
        ({"replicate": {"path": "/x"}}, True),
        (json.dumps({"Replicate": {}}), True),
        ({"x": {"path": ROUTE}}, True),
        ([ROUTE], True),
        ({"openai": {"path": "/v1/images/generations"}}, False),
        (None, False),
        (7, False),
    ],
)
def test_a_route_of_predictions_is_seen(endpoints: Any, predicts: bool) -> None:
    """As object, as list, as JSON text; other routes are others."""
    assert entry_of(endpoints=endpoints).predicts is predicts


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"null", b"1", b'"data"', b"[]", b"\xff\xfe", b"<html>"),
        *(b'{"data": null}', b'{"data": {}}', b'{"data": []}', b'{"success": false}'),
        b'{"data": [null, 1, "a", [], {}, {"code": 7, "id": null, "name": "  "}]}',
        b'{"data": [{"code": "' + b"x" * 201 + b'"}]}',
        *(b"[" * 200_000, b'{"data":' * 200_000, b"[" + b"{}," * 2_000_000 + b"{}]"),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_catalogue_is_said_to_be_none(body: bytes) -> None:
    """Wrong types, nothing named, deep or endless values: one error, which quotes nothing."""
    with pytest.raises(PayloadError):
        parse(body)


def test_a_catalogue_has_an_end():
    """One entry too many is none; control: as many as may be are read."""
    listed = [{"id": f"a/{number}"} for number in range(MAX_ENTRIES + 1)]
    with pytest.raises(PayloadError, match="more than 20,000 entries"):
        parse(json.dumps(listed).encode())
    assert len(parse(json.dumps(listed[1:]).encode())) == MAX_ENTRIES


def test_entries_of_wrong_types_spoil_no_other():
    """What can be read is read, also out of a bare list."""
    strange = [None, [], {"code": ["a"]}, {"id": "b", "pricing": [1]}, {"name": {"a": 1}}, PRICED]
    unpriced = Entry(frozenset({"b"}), None)
    assert parse(json.dumps(strange).encode()) == (unpriced, READ)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                "code id name pricing currency per_request data endpoints features model_type"
                " provider description upcoming path".split()
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.lists(JSON))
def test_any_json_gives_clean_entries_or_the_one_error(listed: Any) -> None:
    """No value of a catalogue raises anything else, or ends as a name or price that is none."""
    try:
        entries = parse(json.dumps({"data": listed}).encode())
    except PayloadError:
        return
    for entry in entries:
        assert entry.names
        assert all(name == name.strip().lower() and name for name in entry.names)
        assert entry.price is None or MIN_PRICE <= entry.price <= MAX_PRICE
        assert not entry.model or PredictionRequest(entry.model)
        assert all(isinstance(text, str) for text in (entry.title, entry.kind, *entry.features))


# -- how it is asked ---------------------------------------------------------------------------


def test_the_catalogue_is_asked_without_the_key(serve: Any) -> None:
    """One GET below the root has no byte of it; control: the same client's question has."""
    service = serve(saying(200, LISTED))

    async def both(speaker: Any) -> Any:
        entries = await speaker.catalogue()
        await speaker.query("abc")
        return entries

    entries = run(both, client(service.url + "/team-a"))
    assert entries == (READ,)
    asked, control = service.requests
    assert (asked.method, asked.target, asked.body) == ("GET", "/team-a/api/models", b"")
    assert "authorization" not in asked.headers
    assert SECRET.encode() not in asked.raw
    assert SECRET.encode() in control.raw


def test_the_connection_is_not_kept(serve: Any) -> None:
    """What is asked once an hour leaves no socket open while the client lives on."""
    is_gone = threading.Event()

    async def script(peer: Any) -> None:
        await peer.request()
        await peer.send(http(200, json.dumps(LISTED).encode()))
        await peer.gone()
        is_gone.set()

    async def ask_and_look(speaker: Any) -> bool:
        await speaker.catalogue()
        return await asyncio.to_thread(is_gone.wait, 10)

    assert run(ask_and_look, client(serve(script).url))


PAGE = b"<!doctype html><title>Dashboard</title>"


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        (answering(http(200, PAGE, content_type="text/html")), errors.WrongAddressError, "page"),
        (answering(http(200, PAGE)), errors.WrongAddressError, "page"),
        (
            answering(http(200, json.dumps(LISTED).encode(), content_type="text/html")),
            errors.WrongAddressError,
            "page",
        ),
        (answering(http(502, PAGE, content_type="text/html")), errors.WrongAddressError, "page"),
        (answering(http(301, location="https://x.example/")), errors.ServiceError, "answers 301"),
        (saying(500, LISTED), errors.ServiceError, "answers 500"),
        (saying(429, {}), errors.ServiceError, "answers 429"),
        (saying(200, {"detail": "no"}), errors.ServiceError, "no catalogue"),
        (answering(http(200)), errors.ServiceError, "not JSON"),
        (answering(http(200, b"[" * 300_000)), errors.ServiceError, "nested too deeply"),
        (answering(http(200, b"{}", content_length="100000000")), errors.ServiceError, "larger"),
        (answering(http(200, b"x", content_encoding="br")), errors.ServiceError, "compressed"),
        (
            breaking(http(200, json.dumps(LISTED).encode())[:-9]),
            errors.ServiceError,
            "no catalogue",
        ),
        (breaking(b""), errors.ServiceError, "does not answer"),
        (silent, errors.ServiceError, "does not answer"),
        (dripping(http(200, content_length="900")), errors.ServiceError, "longer than"),
    ],
)
def test_no_answer_is_taken_for_a_catalogue(
    serve: Any, script: Any, error: type[errors.CometError], words: str
) -> None:
    """Pages, other statuses, broken and endless answers are errors in one line, without key."""
    came = ask(serve(script).url, limits=Limits(connect=2.0, read=0.3, total=1.0))
    assert isinstance(came, error)
    assert words in str(came)
    assert "\n" not in str(came)
    assert SECRET not in str(came)


def test_a_hundred_megabytes_are_cut_off(serve: Any) -> None:
    """Without a declared length, reading stops at the limit and the connection closes."""
    piece = b" " * 1024 * 1024

    async def endless(peer: Any) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n[")
        for _ in range(100):
            if peer._server.is_cut_off.is_set():
                return
            await peer.send(piece)

    service = serve(endless)
    came = ask(service.url)
    assert isinstance(came, errors.ServiceError)
    assert f"larger than {MAX_CATALOGUE:,} bytes" in str(came)
    assert service.is_cut_off.wait(10)


def test_a_catalogue_below_the_limit_is_read_whole(serve: Any) -> None:
    """Control: megabytes of it are no trouble."""
    told = {**PRICED, "description": "x" * 8000}
    listed = [{**told, "code": f"a/{number}"} for number in range(900)]
    body = json.dumps({"data": listed}).encode()
    assert MAX_CATALOGUE * 0.8 < len(body) < MAX_CATALOGUE
    assert len(ask(serve(answering(http(200, body))).url)) == 900


def test_nobody_there_is_told_apart() -> None:
    """Without a connection it is the error of the network."""
    with Faulty(silent) as service:
        url = service.url
    assert isinstance(ask(url), errors.NotSentError)
