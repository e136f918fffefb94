"""The flights sandbox keeps Duffel's promises, and none that Duffel does not make."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.sandbox.checked_state import CheckedState
from tests.sandbox.control import SandboxClock
from tests.sandbox.flights import FlightsSandbox
from tests.sandbox.flights.carriers import ALL_CARRIERS
from tests.sandbox.flights.dice import Dice
from tests.sandbox.flights.fares import WALK_BOUND_PERCENT, walk
from tests.sandbox.server import running_in_thread

_BESIDE = Path(__file__).parents[2].parent / "shared" / "data" / "duffel"
RECORDINGS = Path(os.environ.get("SKYLATCH_RECORDINGS", _BESIDE))
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"no recorded Duffel responses in {RECORDINGS}"
)
HEADERS = {
    "Authorization": "Bearer duffel_test_abc",
    "Duffel-Version": "v2",
    "Accept": "application/json",
}


class StillClock(SandboxClock):
    """A clock that only moves when told: prices and expiry are then exact."""

    def __init__(self) -> None:
        super().__init__()
        self._start = datetime.now(UTC).replace(minute=1, second=0, microsecond=7)

    def now(self) -> datetime:
        return self._start + self._offset


class Client:
    """A thin HTTP client; `sandbox` is the oracle beside it."""

    def __init__(self, base: str, sandbox: FlightsSandbox) -> None:
        self.base = base
        self.sandbox = sandbox
        self.http = requests.Session()
        self.http.headers.update(HEADERS)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.http.get(self.base + path, params=query, timeout=20)

    def post(
        self, path: str, data: Any, headers: dict[str, str] | None = None
    ) -> requests.Response:
        body = {"data": data}
        return self.http.post(self.base + path, json=body, headers=headers, timeout=20)

    def control(self, path: str, body: dict[str, Any]) -> None:
        answer = self.http.post(f"{self.base}/__sandbox/{path}", json=body, timeout=20)
        assert answer.status_code == 200, answer.text

    def advance(self, seconds: float) -> None:
        self.sandbox.clock.advance(seconds)

    def day(self, ahead: int = 40) -> str:
        return (self.sandbox.clock.now().date() + timedelta(days=ahead)).isoformat()

    def search(self, *route: str, ahead: int = 40, **more: Any) -> dict[str, Any]:
        slices = [
            {
                "origin": leg[:3],
                "destination": leg[4:],
                "departure_date": self.day(ahead + 7 * n),
            }
            for n, leg in enumerate(route)
        ]
        wish = {"slices": slices, "passengers": [{"type": "adult"}], **more}
        answer = self.post("/air/offer_requests", wish)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()["data"]
        return found

    def offer(self, route: str, **more: Any) -> dict[str, Any]:
        offers = self.search(route, **more)["offers"]
        found: dict[str, Any] = next(o for o in offers if holds_no_documents(o))
        return found

    def read(self, offer: dict[str, Any]) -> requests.Response:
        return self.get(f"/air/offers/{offer['id']}")

    def book(self, offer: dict[str, Any], **more: Any) -> requests.Response:
        return self.post("/air/orders", order_for(offer, **more))


def holds_no_documents(offer: dict[str, Any]) -> bool:
    return not offer["passenger_identity_documents_required"]


def person(passenger_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": passenger_id,
        "title": "ms",
        "gender": "f",
        "given_name": "Amelia",
        "family_name": "Earhart",
        "born_on": "1987-07-24",
        "email": "amelia@example.com",
        "phone_number": "+442080160508",
        **more,
    }


def order_for(offer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "instant",
        "selected_offers": [offer["id"]],
        "passengers": [person(offer["passengers"][0]["id"])],
        "payments": [
            {
                "type": "balance",
                "amount": offer["total_amount"],
                "currency": offer["total_currency"],
            }
        ],
        "metadata": {"attempt_id": "a-1"},
        **more,
    }


def codes(answer: requests.Response) -> list[str]:
    body = answer.json()
    assert body["meta"]["status"] == answer.status_code
    assert body["meta"]["request_id"] == answer.headers["x-request-id"]
    return [error["code"] for error in body["errors"]]


def fingerprint(found: dict[str, Any]) -> list[Any]:
    """What must be equal between two searches: everything but ids and clocks."""
    return [
        (
            offer["total_amount"],
            offer["conditions"],
            [
                [
                    (s["departing_at"], s["marketing_carrier_flight_number"])
                    for s in one["segments"]
                ]
                + [one["fare_brand_name"], one["duration"], one["comparison_key"]]
                for one in offer["slices"]
            ],
        )
        for offer in found["offers"]
    ]


def serving(sandbox: FlightsSandbox) -> Iterator[Client]:
    with running_in_thread(sandbox.app) as base:
        client = Client(base, sandbox)
        yield client
        client.http.close()


@pytest.fixture
def duffel(tmp_path: Path) -> Iterator[Client]:
    kept = CheckedState(tmp_path, "flights")
    yield from serving(FlightsSandbox(clock=StillClock(), seed=7, kept=kept))


@pytest.fixture
def recorded() -> Iterator[Client]:
    sandbox = FlightsSandbox(recordings=RECORDINGS, clock=StillClock(), seed=7)
    yield from serving(sandbox)


# --- envelope, headers, limits -------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"Authorization": None}, 401, "missing_authorization_header"),
        ({"Authorization": "Basic x"}, 401, "invalid_authorization_header"),
        ({"Authorization": "Bearer duffel_live_x"}, 401, "access_token_not_found"),
        ({"Duffel-Version": None}, 400, "missing_version_header"),
        ({"Duffel-Version": "v1"}, 400, "unsupported_version"),
        ({"Accept": "text/html"}, 406, "unsupported_format"),
    ],
)
def test_a_wrong_header_is_refused(
    duffel: Client, change: dict[str, str | None], status: int, code: str
) -> None:
    answer = duffel.http.get(
        duffel.base + "/air/airlines",
        headers=change,  # type: ignore[arg-type] - None removes a header
        timeout=20,
    )
    assert (answer.status_code, codes(answer)) == (status, [code])


def test_bodies_must_be_json_objects_in_a_data_envelope(duffel: Client) -> None:
    url = duffel.base + "/air/offer_requests"
    json_type = {"Content-Type": "application/json"}
    for body, headers, status, code in (
        (b"{}", {"Content-Type": "text/plain"}, 415, "invalid_content_type_header"),
        (b"{", json_type, 400, "bad_request"),
        (b"", json_type, 400, "missing_data_param"),
        (b"{}", json_type, 400, "missing_data_param"),
        (b'{"data": []}', json_type, 400, "malformed_data_param"),
    ):
        answer = duffel.http.post(url, data=body, headers=headers, timeout=20)
        assert (answer.status_code, codes(answer)) == (status, [code])


def test_every_answer_can_be_traced(duffel: Client) -> None:
    answer = duffel.http.get(
        duffel.base + "/air/airlines",
        headers={"x-client-correlation-id": "trace-1"},
        timeout=20,
    )
    assert answer.headers["x-client-correlation-id"] == "trace-1"
    assert len(answer.headers["x-request-id"]) == 20
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["data"]) == len(ALL_CARRIERS)
    assert duffel.get("/air/nothing").json()["errors"][0]["code"] == "not_found"


def test_the_search_limit_lifts_at_the_announced_http_date(duffel: Client) -> None:
    duffel.control("rate_limits", {"search": 2})
    assert duffel.search("PVD-RAI")["offers"] == []
    assert duffel.search("PVD-RAI")["offers"] == []
    wish = {"slices": [], "passengers": []}
    refused = duffel.post("/air/offer_requests", wish)
    assert (refused.status_code, codes(refused)) == (429, ["rate_limit_exceeded"])
    assert refused.headers["ratelimit-remaining"] == "0"
    reset = parsedate_to_datetime(refused.headers["ratelimit-reset"])
    assert reset > duffel.sandbox.clock.now()
    assert duffel.get("/air/airlines").status_code == 200
    duffel.advance((reset - duffel.sandbox.clock.now()).total_seconds())
    assert duffel.search("PVD-RAI")["offers"] == []


def test_all_problems_of_a_search_are_reported_at_once(duffel: Client) -> None:
    answer = duffel.post("/air/offer_requests", {"slices": [], "cabin_class": "bunk"})
    assert answer.status_code == 422
    assert codes(answer) == ["validation_required"] * 2 + ["validation_inclusion"]
    assert answer.json()["errors"][0]["source"] == {
        "field": "slices",
        "pointer": "/slices",
    }
    past = {"origin": "LHR", "destination": "XXX", "departure_date": "2020-01-01"}
    answer = duffel.post(
        "/air/offer_requests", {"slices": [past], "passengers": [{"age": 1}]}
    )
    assert codes(answer) == ["validation_inclusion"] * 2 + ["validation_length"]


# --- search --------------------------------------------------------------------


def test_one_seed_always_finds_the_same_flights_and_fares() -> None:
    clock = StillClock()
    found = []
    for seed in (3, 3, 4):
        sandbox = FlightsSandbox(clock=clock, seed=seed)
        with running_in_thread(sandbox.app) as base:
            client = Client(base, sandbox)
            client.search("GRU-EZE")  # an earlier search must change nothing
            found.append(fingerprint(client.search("LHR-JFK", "JFK-LHR")))
            client.http.close()
    assert found[0] == found[1]
    assert found[0] != found[2]


ROUTES = ["LHR-JFK", "LON-NYC", "SFO-NRT", "KWI-DXB", "NRT-SYD", "ATL-LAX", "CDG-NCE"]


@pytest.mark.parametrize("route", [*ROUTES, "LTN-SYD", "DXB-AMS", "AKL-MAD"])
def test_generated_times_agree_across_time_zones(duffel: Client, route: str) -> None:
    # 1 November and the end of March: clock changes in America and Europe.
    ahead = [
        (date(2099, *day) - duffel.sandbox.clock.now().date()).days
        for day in ((3, 28), (11, 1), (7, 15))
    ]
    for days in ahead:
        offers = duffel.search(route, ahead=days, max_connections=2)["offers"]
        assert offers
        for offer in offers:
            for one in offer["slices"]:
                check_times(one)


def moment(local_time: str, place: dict[str, Any]) -> datetime:
    wall = datetime.fromisoformat(local_time)
    return wall.replace(tzinfo=ZoneInfo(place["time_zone"])).astimezone(UTC)


def span(text: str) -> timedelta:
    days, _, clock = text.removeprefix("P").rpartition("T")
    hours, _, minutes = clock.rpartition("H")
    return timedelta(
        days=int(days.rstrip("D") or 0),
        hours=int(hours or 0),
        minutes=int(minutes.rstrip("M") or 0),
    )


def check_times(one: dict[str, Any]) -> None:
    previous = None
    for segment in one["segments"]:
        leaves = moment(segment["departing_at"], segment["origin"])
        arrives = moment(segment["arriving_at"], segment["destination"])
        assert arrives > leaves
        assert span(segment["duration"]) == arrives - leaves
        if previous is not None:
            assert leaves - previous >= timedelta(minutes=45)
        previous = arrives
    start = moment(one["segments"][0]["departing_at"], one["segments"][0]["origin"])
    if one["duration"] is not None:
        assert previous is not None
        assert span(one["duration"]) == previous - start


@pytest.mark.parametrize("route", ROUTES)
def test_generated_offers_have_the_variety_of_real_ones(
    duffel: Client, route: str
) -> None:
    found = duffel.search(route)
    offers = found["offers"]
    assert 20 <= len(offers) <= 80
    assert {o["owner"]["iata_code"] for o in offers} >= {"ZZ"}
    assert len({o["owner"]["iata_code"] for o in offers}) >= 2
    places = {"JPY": 0, "KWD": 3}
    for offer in offers:
        total, base = offer["total_amount"], offer["base_amount"]
        assert Decimal(total) == Decimal(base) + Decimal(offer["tax_amount"] or 0)
        assert (offer["tax_amount"] is None) == (offer["tax_currency"] is None)
        if offer["total_currency"] in places:
            expected = places[offer["total_currency"]]
            assert len(total.partition(".")[2]) == expected
        assert offer["live_mode"] is False
        expires = datetime.fromisoformat(offer["expires_at"])
        assert 15 <= (expires - duffel.sandbox.clock.now()).total_seconds() / 60 < 31


def test_connections_cabins_and_time_windows_are_respected(duffel: Client) -> None:
    for limit in (0, 1, 2):
        offers = duffel.search("LHR-SIN", max_connections=limit)["offers"]
        hops = {len(o["slices"][0]["segments"]) - 1 for o in offers}
        assert hops == set(range(limit + 1))
    for offer in duffel.search("LHR-SIN", cabin_class="business")["offers"]:
        for segment in offer["slices"][0]["segments"]:
            assert segment["passengers"][0]["cabin_class"] == "business"
    window = {"from": "06:00", "to": "12:00"}
    slices = [
        {
            "origin": "LON",
            "destination": "NYC",
            "departure_date": duffel.day(),
            "departure_time": window,
        }
    ]
    offers = duffel.search("LHR-JFK", slices=slices)["offers"]
    assert offers
    for offer in offers:
        at = offer["slices"][0]["segments"][0]["departing_at"][11:16]
        assert "06:00" <= at <= "12:00"


def test_a_city_code_stands_for_its_airports(duffel: Client) -> None:
    found = duffel.search("LON-NYC")
    place = found["slices"][0]["origin"]
    members = {airport["iata_code"] for airport in place["airports"]}
    assert found["slices"][0]["origin_type"] == place["type"] == "city"
    assert {"LHR", "SEN", "LCY"} <= members
    for offer in found["offers"]:
        assert offer["slices"][0]["origin"]["iata_code"] in members


def test_children_pay_less_and_infants_least(duffel: Client) -> None:
    def cheapest(*passengers: dict[str, Any]) -> Decimal:
        offers = duffel.search("LHR-MAD", passengers=list(passengers))["offers"]
        return min(Decimal(o["total_amount"]) for o in offers)

    adult = cheapest({"type": "adult"})
    child = cheapest({"type": "adult"}, {"age": 8}) - adult
    infant = cheapest({"type": "adult"}, {"age": 1}) - adult
    assert 0 < infant < child < adult


def test_fares_walk_within_their_bound_as_time_passes(duffel: Client) -> None:
    def fares() -> dict[str, str]:
        offers = duffel.search("LHR-JFK")["offers"]
        return {
            json.dumps([s["comparison_key"] for s in o["slices"]]): o["total_amount"]
            for o in offers
        }

    before = fares()
    assert fares() == before
    duffel.advance(600)
    after = fares()
    assert before.keys() == after.keys()
    assert before != after
    bound = Decimal(WALK_BOUND_PERCENT) / 100
    start = duffel.sandbox.clock.now()
    steps = [
        walk(Dice(1), start + timedelta(minutes=10 * n), "LHR") for n in range(500)
    ]
    assert all(abs(step - 1) <= bound for step in steps)
    assert max(steps) - min(steps) > Decimal("0.05")


def test_offers_can_be_paged_sorted_and_filtered(duffel: Client) -> None:
    slices = [{"origin": "LHR", "destination": "JFK", "departure_date": duffel.day()}]
    wish = {"slices": slices, "passengers": [{"type": "adult"}]}
    made = duffel.post("/air/offer_requests?return_offers=false", wish).json()["data"]
    assert made["offers"] == []
    inlined = duffel.get(f"/air/offer_requests/{made['id']}").json()["data"]["offers"]
    pages: list[list[dict[str, Any]]] = []
    query = {"offer_request_id": made["id"], "sort": "total_amount", "limit": "7"}
    while True:
        answer = duffel.get("/air/offers", **query).json()
        pages.append(answer["data"])
        if answer["meta"]["after"] is None:
            break
        query["after"] = answer["meta"]["after"]
    listed = [offer for page in pages for offer in page]
    assert all(len(page) == 7 for page in pages[:-1])
    assert sorted(o["id"] for o in listed) == [o["id"] for o in inlined]
    prices = [Decimal(o["total_amount"]) for o in listed]
    assert prices == sorted(prices)
    query = {**query, "before": answer["meta"]["before"]}
    del query["after"]
    assert duffel.get("/air/offers", **query).json()["data"] == pages[-2]
    nonstop = duffel.get(
        "/air/offers", offer_request_id=made["id"], max_connections=0, limit=200
    ).json()["data"]
    assert 0 < len(nonstop) < len(listed)
    for bad in ({"limit": 0}, {"limit": 201}, {"after": "x"}, {"sort": "price"}):
        answer = duffel.get("/air/offers", offer_request_id=made["id"], **bad)
        assert answer.status_code == 422


# --- recordings ----------------------------------------------------------------


def spirit() -> list[dict[str, Any]]:
    path = RECORDINGS / "components" / "offer-requests" / "spirit.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    offers: list[dict[str, Any]] = document.get("data", document)["offers"]
    return offers


def frozen(value: Any, key: str = "") -> Any:
    """Blank out what may differ: ids of this search, and dates."""
    if isinstance(value, dict):
        return {k: frozen(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [frozen(one, key) for one in value]
    blank = key.endswith("_at") or key in ("passenger_id", "live_mode")
    fresh = isinstance(value, str) and value[:4] in ("off_", "sli_", "seg_", "pas_")
    return None if blank or fresh else value


@needs_recordings
def test_a_recorded_search_returns_all_18_offers_as_they_were(
    recorded: Client,
) -> None:
    offers = recorded.search("ATL-FLL", "FLL-ATL")["offers"]
    originals = spirit()
    assert len(offers) == len(originals) == 18
    assert [frozen(o) for o in offers] == [frozen(o) for o in originals]
    assert len({o["id"] for o in offers}) == 18
    assert {o["live_mode"] for o in offers} == {False}
    for offer, original in zip(offers, originals, strict=True):
        assert offer["total_amount"] == original["total_amount"]
        left = (
            datetime.fromisoformat(offer["expires_at"]) - recorded.sandbox.clock.now()
        )
        was = datetime.fromisoformat(original["expires_at"]) - datetime.fromisoformat(
            original["created_at"]
        )
        assert left == max(was, timedelta(minutes=15))


@needs_recordings
@pytest.mark.parametrize("ahead", [2, 10, 11, 12, 13, 14, 15, 16, 400])
def test_recorded_slices_move_to_the_dates_that_were_asked_for(
    recorded: Client, ahead: int
) -> None:
    found = recorded.search("ATL-FLL", "FLL-ATL", ahead=ahead)
    for offer, original in zip(found["offers"], spirit(), strict=True):
        for new, old, asked in zip(
            offer["slices"], original["slices"], found["slices"], strict=True
        ):
            shifts = {
                datetime.fromisoformat(a[key]) - datetime.fromisoformat(b[key])
                for a, b in zip(new["segments"], old["segments"], strict=True)
                for key in ("departing_at", "arriving_at")
            }
            assert len(shifts) == 1
            assert shifts.pop() % timedelta(days=1) == timedelta()
            leaves = new["segments"][0]["departing_at"]
            assert leaves[:10] == asked["departure_date"]


@needs_recordings
def test_a_recorded_flight_that_has_left_is_not_offered(recorded: Client) -> None:
    counts = set()
    for _ in range(4):
        recorded.sandbox.clock.advance(6 * 3600)
        offers = recorded.search("ATL-FLL", "FLL-ATL", ahead=0)["offers"]
        counts.add(len(offers))
        for offer in offers:
            first = offer["slices"][0]["segments"][0]
            leaves = moment(first["departing_at"], first["origin"])
            assert leaves > recorded.sandbox.clock.now()
    assert min(counts) < 18


@needs_recordings
def test_v1_recordings_are_served_in_v2_shape(recorded: Client) -> None:
    state = recorded.sandbox.state()
    assert "ATL-FLL,FLL-ATL" in state["recorded_routes"]
    for route, count in (("LHR-STR", 11), ("SYD-MEL", 68)):
        offers = recorded.search(route)["offers"]
        assert len(offers) == count
        for offer in offers:
            assert "allowed_passenger_identity_document_types" not in offer
            assert offer["supported_passenger_identity_document_types"] == []
            assert offer["available_services"] is None
            assert "comparison_key" in offer["slices"][0]
            for segment in offer["slices"][0]["segments"]:
                assert segment["stops"] == []
                assert not any(k.endswith("_datetime") for k in segment)


@needs_recordings
def test_more_passengers_multiply_a_recorded_total_and_share_its_bags(
    recorded: Client,
) -> None:
    pair = [{"type": "adult"}, {"type": "adult"}]
    found = recorded.search("ATL-FLL", "FLL-ATL", passengers=pair)
    ids = [one["id"] for one in found["passengers"]]
    for offer, original in zip(found["offers"], spirit(), strict=True):
        assert offer["total_amount"] == str(2 * Decimal(original["total_amount"]))
        seats = offer["slices"][0]["segments"][0]["passengers"]
        was = original["slices"][0]["segments"][0]["passengers"][0]
        assert [seat["passenger_id"] for seat in seats] == ids
        assert [seat["baggages"] for seat in seats] == [was["baggages"]] * 2


@needs_recordings
def test_fare_control_scales_recorded_fares_and_one_restores_them(
    recorded: Client,
) -> None:
    route = {"origin": "ATL", "destination": "FLL"}
    recorded.control("fares", {**route, "factor": "0.5"})
    offers = recorded.search("ATL-FLL", "FLL-ATL")["offers"]
    assert offers[0]["total_amount"] == "85.99"
    recorded.control("fares", {**route, "factor": 1})
    offers = recorded.search("ATL-FLL", "FLL-ATL")["offers"]
    assert [o["total_amount"] for o in offers] == [o["total_amount"] for o in spirit()]
    offer = offers[0]
    booked = recorded.book(offer)
    assert booked.status_code == 201
    assert booked.json()["data"]["total_amount"] == "171.98"


# --- booking -------------------------------------------------------------------


def test_an_order_carries_its_offer_metadata_and_money(duffel: Client) -> None:
    offer = duffel.offer("LHR-MAD")
    booked = duffel.book(offer)
    assert booked.status_code == 201, booked.text
    order = booked.json()["data"]
    assert order["offer_id"] == offer["id"]
    assert order["metadata"] == {"attempt_id": "a-1"}
    assert order["booking_reference"]
    assert order["payment_status"]["paid_at"] is not None
    assert order["documents"]
    assert "type" not in order["passengers"][0]
    assert duffel.get(f"/air/orders/{order['id']}").json()["data"] == order
    truth = duffel.sandbox.state()
    assert [one["id"] for one in truth["orders"]] == [order["id"]]
    assert truth["orders"][0]["total"] == offer["total_amount"]
    currency = offer["total_currency"]
    assert truth["ledger"]["money_out"] == {currency: offer["total_amount"]}


def test_a_repeated_order_is_not_replayed_by_its_idempotency_key(
    duffel: Client,
) -> None:
    offer = duffel.offer("LHR-MAD")
    key = {"Idempotency-Key": "same"}
    first = duffel.post("/air/orders", order_for(offer), headers=key)
    second = duffel.post("/air/orders", order_for(offer), headers=key)
    assert first.status_code == 201
    assert codes(second) == ["offer_request_already_booked"]
    assert len(duffel.sandbox.state()["orders"]) == 1


def test_an_offer_request_can_be_booked_once_even_by_a_race(duffel: Client) -> None:
    offers = [o for o in duffel.search("LHR-MAD")["offers"] if holds_no_documents(o)]
    answers: list[int] = []

    def book(offer: dict[str, Any]) -> None:
        url, body = duffel.base + "/air/orders", {"data": order_for(offer)}
        answer = requests.post(url, json=body, headers=HEADERS, timeout=20)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=book, args=(offer,)) for offer in offers[:6]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [422] * (len(threads) - 1)
    assert len(duffel.sandbox.state()["orders"]) == 1
    # The same itinerary found by a new search can be booked a second time.
    assert duffel.book(duffel.offer("LHR-MAD")).status_code == 201


def test_an_expired_offer_can_be_neither_read_nor_booked(duffel: Client) -> None:
    offer = duffel.offer("LHR-MAD")
    duffel.advance(31 * 60)
    assert codes(duffel.read(offer)) == ["offer_no_longer_available"]
    assert codes(duffel.book(offer)) == ["offer_expired"]
    assert codes(duffel.get("/air/offers/off_unknown")) == ["not_found"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "pay_later"}, "invalid_order_create_type"),
        ({"type": None}, "validation_required"),
        ({"selected_offers": ["off_1", "off_2"]}, "validation_length"),
        ({"selected_offers": ["off_1"]}, "not_found"),
        ({"payments": []}, "validation_required"),
        ({"metadata": {"bad key": "x"}}, "validation_format"),
        ({"metadata": {"k": "x" * 501}}, "validation_length"),
        ({"metadata": {str(n): "" for n in range(51)}}, "validation_length"),
        ({"services": [{"id": "ase_1", "quantity": 1}]}, "ancillary_service_not"),
    ],
)
def test_a_malformed_order_creates_nothing(
    duffel: Client, change: dict[str, Any], code: str
) -> None:
    answer = duffel.book(duffel.offer("LHR-MAD"), **change)
    assert codes(answer)[0].startswith(code)
    assert duffel.sandbox.state()["orders"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": "sir"}, "validation_inclusion"),
        ({"gender": None}, "validation_required"),
        ({"given_name": "Ame7ia"}, "invalid_passenger_name"),
        ({"family_name": "A" * 21}, "invalid_passenger_name"),
        ({"phone_number": "02080160508"}, "invalid_phone_number"),
        ({"email": "amelia"}, "invalid_email_address"),
        ({"born_on": "24.07.1987"}, "validation_format"),
        ({"born_on": "2020-07-24"}, "order_passengers_incompatible_with_offer"),
        ({"infant_passenger_id": "pas_1"}, "validation_inclusion"),
    ],
)
def test_wrong_passenger_data_is_refused(
    duffel: Client, change: dict[str, Any], code: str
) -> None:
    offer = duffel.offer("LHR-MAD")
    people = [person(offer["passengers"][0]["id"], **change)]
    assert codes(duffel.book(offer, passengers=people)) == [code]
    stranger = duffel.book(offer, passengers=[person("pas_other")])
    assert "order_passengers_incompatible_with_offer" in codes(stranger)


def test_an_infant_must_be_linked_to_one_adult(duffel: Client) -> None:
    offer = duffel.offer("LHR-MAD", passengers=[{"type": "adult"}, {"age": 1}])
    adult, baby = (one["id"] for one in offer["passengers"])
    leaves = date.fromisoformat(duffel.day())
    born = leaves.replace(year=leaves.year - 1, day=1).isoformat()
    infant = person(baby, given_name="Bo", born_on=born)
    alone = duffel.book(offer, passengers=[person(adult), infant])
    assert codes(alone) == ["validation_inclusion"]
    linked = person(adult, infant_passenger_id=baby)
    assert duffel.book(offer, passengers=[linked, infant]).status_code == 201


def test_required_documents_must_be_given_and_valid(duffel: Client) -> None:
    offers = [
        offer
        for route in ("LHR-MAD", "LHR-JFK", "SFO-NRT", "NRT-SYD")
        for offer in duffel.search(route)["offers"]
        if not holds_no_documents(offer)
    ]
    assert offers
    offer = offers[0]
    assert "validation_required" in codes(duffel.book(offer))
    passport = {
        "type": "passport",
        "unique_identifier": "19KL56147",
        "issuing_country_code": "GB",
        "expires_on": "2020-01-01",
    }
    mine = person(offer["passengers"][0]["id"], identity_documents=[passport])
    assert codes(duffel.book(offer, passengers=[mine])) == ["validation_inclusion"]
    passport["expires_on"] = "2099-01-01"
    assert duffel.book(offer, passengers=[mine]).status_code == 201


def test_payment_must_match_amount_currency_and_balance(duffel: Client) -> None:
    offer = duffel.offer("LHR-MAD")

    def pay(**change: str) -> list[str]:
        payment = {**order_for(offer)["payments"][0], **change}
        return codes(duffel.book(offer, payments=[payment]))

    assert pay(amount="1.00") == ["payment_amount_does_not_match_order_amount"]
    assert pay(currency="CHF") == ["payment_currency_does_not_match_order_currency"]
    assert pay(type="card") == ["unavailable_feature"]
    duffel.control("balance", {"currency": offer["total_currency"], "amount": "1"})
    assert pay() == ["insufficient_balance"]
    assert duffel.sandbox.state()["ledger"]["money_out"] == {}
    duffel.control("balance", {"currency": offer["total_currency"], "amount": "99999"})
    assert duffel.book(offer).status_code == 201


def test_a_fare_rise_between_read_and_order_is_refused(duffel: Client) -> None:
    offer = duffel.offer("LHR-MAD")
    route = {"origin": "LHR", "destination": "MAD"}
    duffel.control("fares", {**route, "factor": "1.25"})
    assert codes(duffel.book(offer)) == ["price_changed"]
    fresh = duffel.read(offer).json()["data"]
    assert Decimal(fresh["total_amount"]) > Decimal(offer["total_amount"])
    assert codes(duffel.book(offer)) == ["payment_amount_does_not_match_order_amount"]
    assert duffel.book(fresh).status_code == 201


def test_a_vanished_fare_is_sold_out_from_then_on(duffel: Client) -> None:
    offer = duffel.offer("LHR-MAD")
    keys = [s["comparison_key"] for s in offer["slices"]]
    duffel.control("vanish", {"origin": "LHR", "destination": "MAD", "times": 1})
    assert codes(duffel.read(offer)) == ["offer_no_longer_available"]
    assert codes(duffel.book(offer)) == ["offer_no_longer_available"]
    again = duffel.search("LHR-MAD")["offers"]
    assert again
    assert keys not in [[s["comparison_key"] for s in o["slices"]] for o in again]
    assert duffel.read(again[0]).status_code == 200


def test_services_are_paid_with_the_fare(duffel: Client) -> None:
    offers = duffel.search("LHR-MAD")["offers"]
    offer = next(o for o in offers if o["owner"]["iata_code"] == "ZZ")
    assert offer["available_services"] is None
    read = duffel.get(f"/air/offers/{offer['id']}", return_available_services="true")
    (bag,) = read.json()["data"]["available_services"]
    wanted = {"services": [{"id": bag["id"], "quantity": 1}]}
    short = duffel.book(offer, **wanted)
    assert codes(short) == ["payment_amount_does_not_match_order_amount"]
    total = Decimal(offer["total_amount"]) + Decimal(bag["total_amount"])
    payment = {
        "type": "balance",
        "amount": str(total),
        "currency": offer["total_currency"],
    }
    order = duffel.book(offer, payments=[payment], **wanted).json()["data"]
    assert Decimal(order["total_amount"]) == total


def test_a_hold_takes_no_money_and_lapses(duffel: Client) -> None:
    offers = duffel.search("LHR-MAD")["offers"]
    held = next(o for o in offers if o["owner"]["iata_code"] == "ZZ")
    paid = duffel.book(held, type="hold")
    assert codes(paid) == ["payments_not_allowed_for_order_type"]
    order = duffel.book(held, type="hold", payments=None).json()["data"]
    assert order["payment_status"]["awaiting_payment"] is True
    assert duffel.sandbox.state()["ledger"]["money_out"] == {}
    waiting = duffel.get("/air/orders", awaiting_payment="true").json()["data"]
    assert [one["id"] for one in waiting] == [order["id"]]
    duffel.advance(73 * 3600)
    status = duffel.get(f"/air/orders/{order['id']}").json()["data"]["payment_status"]
    assert (status["awaiting_payment"], status["paid_at"]) == (False, None)


# --- reconciliation --------------------------------------------------------------


def test_orders_are_found_again_by_every_filter(duffel: Client) -> None:
    made = []
    for _ in range(3):
        made.append(duffel.book(duffel.offer("LHR-MAD")).json()["data"])
        duffel.advance(60)

    def found(**query: Any) -> list[str]:
        answer = duffel.get("/air/orders", **query).json()
        return [one["id"] for one in answer["data"]]

    ids = [one["id"] for one in made]
    assert found() == ids[::-1]
    assert found(offer_id=made[1]["offer_id"]) == [ids[1]]
    assert found(booking_reference=made[2]["booking_reference"]) == [ids[2]]
    assert found(**{"created_at[after]": made[0]["created_at"]}) == ids[:0:-1]
    assert found(**{"created_at[before]": made[1]["created_at"]}) == [ids[0]]
    assert found(awaiting_payment="true") == []
    assert found(offer_id="off_unknown") == []
    page = duffel.get("/air/orders", limit=2).json()
    rest = duffel.get("/air/orders", limit=2, after=page["meta"]["after"]).json()
    assert [o["id"] for o in page["data"] + rest["data"]] == ids[::-1]
    assert rest["meta"]["after"] is None
    duffel.control("list_filter", {"ignore": True})
    assert found(offer_id="off_unknown") == ids[::-1]


def test_a_hidden_order_appears_by_the_sandbox_clock(duffel: Client) -> None:
    duffel.control("orders_visibility", {"seconds": 120})
    offer = duffel.offer("LHR-MAD")
    order = duffel.book(offer).json()["data"]
    url = f"/air/orders/{order['id']}"
    assert duffel.get(url).status_code == 404
    assert duffel.get("/air/orders", offer_id=offer["id"]).json()["data"] == []
    (truth,) = duffel.sandbox.state()["orders"]
    assert truth["visible"] is False
    duffel.advance(120)
    assert duffel.get(url).status_code == 200


def test_patching_metadata_replaces_the_whole_map(duffel: Client) -> None:
    order = duffel.book(duffel.offer("LHR-MAD")).json()["data"]
    url = f"{duffel.base}/air/orders/{order['id']}"
    body = {"data": {"metadata": {"trip": "t-1"}}}
    changed = duffel.http.patch(url, json=body, timeout=20)
    assert changed.json()["data"]["metadata"] == {"trip": "t-1"}
    assert duffel.get(f"/air/orders/{order['id']}").json() == changed.json()


# --- cancellation ----------------------------------------------------------------


def test_a_confirmed_cancellation_gives_the_money_back_once(duffel: Client) -> None:
    offers = duffel.search("LHR-MAD")["offers"]
    offer = next(o for o in offers if o["owner"]["iata_code"] == "ZZ")
    order = duffel.book(offer).json()["data"]
    quotes = "/air/order_cancellations"
    stale = duffel.post(quotes, {"order_id": order["id"]}).json()["data"]
    quote = duffel.post(quotes, {"order_id": order["id"]}).json()["data"]
    assert (quote["refund_to"], quote["refund_amount"]) == (
        "balance",
        offer["total_amount"],
    )
    confirm = duffel.base + quotes + "/{}/actions/confirm"
    old = duffel.http.post(confirm.format(stale["id"]), timeout=20)
    assert codes(old) == ["order_cancellation_stale"]
    done = duffel.http.post(confirm.format(quote["id"]), timeout=20).json()["data"]
    assert done["confirmed_at"]
    again = duffel.http.post(confirm.format(quote["id"]), timeout=20)
    assert codes(again) == ["already_cancelled"]
    assert duffel.get(f"{quotes}/{quote['id']}").json()["data"] == done
    assert duffel.get(f"/air/orders/{order['id']}").json()["data"]["cancelled_at"]
    (left,) = duffel.sandbox.state()["ledger"]["money_out"].values()
    assert Decimal(left) == 0


def test_a_cancellation_quote_expires_after_an_hour(duffel: Client) -> None:
    order = duffel.book(duffel.offer("LTN-SYD")).json()["data"]
    quotes = "/air/order_cancellations"
    quote = duffel.post(quotes, {"order_id": order["id"]}).json()["data"]
    assert quote["refund_to"] == "airline_credits"
    assert len(quote["airline_credits"]) == 1
    duffel.advance(3601)
    url = f"{duffel.base}{quotes}/{quote['id']}/actions/confirm"
    late = duffel.http.post(url, timeout=20)
    assert codes(late) == ["order_cancellation_stale"]


# --- test routes -----------------------------------------------------------------


def test_special_searches(duffel: Client) -> None:
    assert duffel.search("PVD-RAI")["offers"] == []
    for offer in duffel.search("JFK-EWR")["offers"]:
        assert offer["payment_requirements"]["requires_instant_payment"] is False
    for offer in duffel.search("LHR-DXB")["offers"]:
        assert len(offer["slices"][0]["segments"]) == 2
    for offer in duffel.search("DXB-AMS")["offers"]:
        (segment,) = offer["slices"][0]["segments"]
        assert len(segment["stops"]) == 1
    for offer in duffel.search("BTS-MRU")["offers"]:
        for segment in offer["slices"][0]["segments"]:
            assert segment["passengers"][0]["baggages"] == []
    timeout = duffel.post(
        "/air/offer_requests",
        {
            "slices": [
                {
                    "origin": "STN",
                    "destination": "LHR",
                    "departure_date": duffel.day(),
                }
            ],
            "passengers": [{"type": "adult"}],
        },
    )
    assert (timeout.status_code, codes(timeout)) == (504, ["gateway_timeout_error"])


def test_special_offer_reads(duffel: Client) -> None:
    assert codes(duffel.read(duffel.offer("LGW-LHR"))) == ["offer_no_longer_available"]
    offer = duffel.offer("LHR-STN")
    first = duffel.read(offer).json()["data"]
    second = duffel.read(offer).json()["data"]
    totals = [Decimal(o["total_amount"]) for o in (offer, first, second)]
    assert totals[1] - totals[0] == totals[2] - totals[1] == 10
    assert codes(duffel.book(first)) == ["payment_amount_does_not_match_order_amount"]
    assert duffel.book(second).status_code == 201
    offers = duffel.search("BTS-ABV")["offers"]
    offer = next(o for o in offers if o["owner"]["iata_code"] == "ZZ")
    read = duffel.get(f"/air/offers/{offer['id']}", return_available_services="true")
    assert read.json()["data"]["available_services"] == []


def test_special_orders_that_fail_leave_no_order(duffel: Client) -> None:
    failed = duffel.book(duffel.offer("LHR-LGW"))
    assert (failed.status_code, codes(failed)) == (502, ["airline_unknown"])
    assert isinstance(failed.json()["errors"][0]["source"], str)
    broke = duffel.book(duffel.offer("LGW-STN"))
    assert (broke.status_code, codes(broke)) == (422, ["insufficient_balance"])
    assert duffel.sandbox.state()["orders"] == []
    assert duffel.sandbox.state()["ledger"]["money_out"] == {}


@pytest.mark.parametrize(
    ("route", "status", "seconds"), [("LTN-STN", 200, 30), ("SEN-STN", 202, 1800)]
)
def test_an_accepted_order_appears_later(
    duffel: Client, route: str, status: int, seconds: int
) -> None:
    offer = duffel.offer(route)
    assert duffel.book(offer).status_code == status
    assert duffel.get("/air/orders", offer_id=offer["id"]).json()["data"] == []
    assert codes(duffel.book(offer)) == ["offer_request_already_booked"]
    duffel.advance(seconds)
    (order,) = duffel.get("/air/orders", offer_id=offer["id"]).json()["data"]
    assert order["metadata"] == {"attempt_id": "a-1"}
    assert len(duffel.sandbox.state()["orders"]) == 1


def test_an_accepted_order_that_fails_never_appears(duffel: Client) -> None:
    offer = duffel.offer("LCY-STN")
    assert duffel.book(offer).status_code == 202
    assert codes(duffel.book(offer)) == ["order_creation_already_attempted"]
    duffel.advance(86_400)
    assert duffel.get("/air/orders").json()["data"] == []
    truth = duffel.sandbox.state()
    assert truth["orders"] == []
    assert truth["failed_creations"][0]["offer_id"] == offer["id"]


@pytest.mark.parametrize(
    "route",
    [
        "JFK-EWR",
        "LHR-DXB",
        "DXB-AMS",
        "BTS-MRU",
        "BTS-ABV",
        "LHR-JFK",
        "LGW-LHR",
        "LHR-STN",
        "LHR-LGW",
        "LGW-STN",
        "LTN-STN",
        "SEN-STN",
        "LCY-STN",
        "LTN-SYD",
    ],
)
def test_every_test_route_sells_duffel_airways(duffel: Client, route: str) -> None:
    owners = {o["owner"]["iata_code"] for o in duffel.search(route)["offers"]}
    assert "ZZ" in owners


# --- faults ----------------------------------------------------------------------


def test_a_lost_answer_leaves_an_order_that_can_be_found(duffel: Client) -> None:
    offer = duffel.offer("LHR-MAD")
    fault = {"match": "POST /air/orders", "kind": "drop_after"}
    armed = duffel.http.post(duffel.base + "/__sandbox/faults", json=fault, timeout=20)
    assert armed.status_code == 201
    with pytest.raises(requests.ConnectionError):
        duffel.book(offer)
    (order,) = duffel.get("/air/orders", offer_id=offer["id"]).json()["data"]
    assert order["metadata"] == {"attempt_id": "a-1"}
    state = duffel.http.get(duffel.base + "/__sandbox/state", timeout=20).json()
    assert [one["id"] for one in state["orders"]] == [order["id"]]
    assert state == duffel.sandbox.state()
