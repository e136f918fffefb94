"""The payments sandbox treats idempotency keys as the provider documents them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.control import Fault
from tests.sandbox.payments import PaymentsSandbox
from tests.sandbox.payments.errors import ApiError
from tests.sandbox.payments.idempotency import IdempotencyKeys
from tests.waiting import wait_until

INTENT = {"amount": 1_000, "currency": "eur", "allowed_payment_method_types": ["card"]}
CREATE = "POST /v1/payment_intents"


def create(api: Any, key: str, **changes: Any) -> Any:
    return api.payment_intents.create({**INTENT, **changes}, {"idempotency_key": key})


def created(sandbox: PaymentsSandbox) -> int:
    return len(sandbox.state()["payment_intents"])


def executions(sandbox: PaymentsSandbox, key: str) -> int:
    count: int = sandbox.state()["executions"].get(key, 0)
    return count


def replayed(answer: Any) -> bool:
    return answer.last_response.headers.get("Idempotent-Replayed") == "true"


def test_the_same_key_gets_the_same_answer_and_executes_once(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    first = create(api, "k", metadata={"booking_id": "b"})
    again = create(api, "k", metadata={"booking_id": "b"})
    assert again.to_dict() == first.to_dict()
    assert not replayed(first)
    assert replayed(again)
    assert again.last_response.headers["Original-Request"] == (
        first.last_response.request_id
    )
    assert again.last_response.request_id != first.last_response.request_id
    assert (created(sandbox), executions(sandbox, "k")) == (1, 1)


def test_a_key_is_forgotten_after_24_hours_and_executes_again(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    first = create(api, "k")
    sandbox.clock.advance(24 * 3_600 - 60)
    assert create(api, "k").id == first.id
    sandbox.clock.advance(61)
    assert create(api, "k").id != first.id
    assert (created(sandbox), executions(sandbox, "k")) == (2, 2)


def test_other_parameters_under_a_used_key_are_refused(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    intent = create(api, "k")
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as refused:
        create(api, "k", amount=2_000)
    assert refused.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        api.payment_intents.cancel(intent.id, {}, {"idempotency_key": "k"})
    assert created(sandbox) == 1
    assert api.payment_intents.retrieve(intent.id).status != "canceled"


def test_a_decline_is_final_for_its_key(sandbox: PaymentsSandbox, api: Any) -> None:
    customer = api.customers.create()
    method = api.payment_methods.attach(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )
    intent = create(api, "k", customer=customer.id, payment_method=method.id)
    bodies = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            api.payment_intents.confirm(
                intent.id, {"off_session": True}, {"idempotency_key": "k:1"}
            )
        bodies.append(declined.value.http_body)
    assert bodies[0] == bodies[1]
    assert declined.value.headers["Idempotent-Replayed"] == "true"
    sandbox.controls.set_card_behavior(method.id, "4242424242424242")
    good = api.payment_intents.confirm(
        intent.id,
        {"off_session": True, "payment_method": method.id},
        {"idempotency_key": "k:2"},
    )
    assert good.status == "succeeded"
    assert executions(sandbox, "k:1") == 1


@pytest.mark.parametrize(("kind", "runs"), [("status", 0), ("status_after", 1)])
def test_a_500_is_stored_and_replayed(
    sandbox: PaymentsSandbox, api: Any, kind: Any, runs: int
) -> None:
    body = {"error": {"type": "api_error", "message": "Sorry."}}
    sandbox.execution_faults.arm(Fault(CREATE, kind, status=500, body=body))
    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            create(api, "k")
        assert broken.value.http_status == 500
    assert broken.value.headers["Idempotent-Replayed"] == "true"
    assert (created(sandbox), executions(sandbox, "k")) == (runs, runs)


def test_failed_validation_leaves_the_key_free(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    for wrong in ({"amount": "much"}, {"colour": "red"}, {"currency": "zzz"}):
        with pytest.raises(stripe.InvalidRequestError):
            create(api, "k", **wrong)
    assert not replayed(create(api, "k"))
    assert (created(sandbox), executions(sandbox, "k")) == (1, 1)


def test_an_unexpected_state_is_stored_under_its_key(api: Any) -> None:
    intent = create(api, "k", payment_method="pm_card_visa", capture_method="manual")
    for expected in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            api.payment_intents.capture(intent.id, {}, {"idempotency_key": "k:c"})
        assert refused.value.headers.get("Idempotent-Replayed") == expected


def test_401_and_429_leave_the_key_free(
    sandbox: PaymentsSandbox, api: Any, url: str
) -> None:
    headers = {"Idempotency-Key": "k"}
    answer = requests.post(f"{url}/v1/payment_intents", headers=headers, timeout=5)
    assert answer.status_code == 401
    body = {"error": {"type": "invalid_request_error", "code": "lock_timeout"}}
    for faults in (sandbox.faults, sandbox.execution_faults):
        faults.arm(Fault(CREATE, "status", status=429, body=body))
        with pytest.raises(stripe.RateLimitError):
            create(api, "k")
    assert not replayed(create(api, "k"))
    assert created(sandbox) == 1


def test_a_second_request_meets_409_while_the_first_is_in_flight(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    sandbox.execution_faults.arm(Fault(CREATE, "hold_after"))
    with ThreadPoolExecutor(max_workers=2) as threads:
        first = threads.submit(create, api, "k")
        wait_until(lambda: sandbox.execution_faults.held == 1)
        assert executions(sandbox, "k") == 1
        second = threads.submit(create, api, "k").exception(timeout=10)
        assert isinstance(second, stripe.APIError)
        assert second.http_status == 409
        assert second.error is not None
        assert second.error.code == "idempotency_key_in_use"
        assert not first.done()

        other = create(api, "another key")
        sandbox.execution_faults.clear()
        answered = first.result(timeout=10)
    assert other.id != answered.id
    late = create(api, "k")
    assert late.id == answered.id
    assert replayed(late)
    assert executions(sandbox, "k") == 1


def test_a_key_in_flight_is_never_pruned() -> None:
    keys = IdempotencyKeys()
    keys.claim("k", "/v1/refunds", "{}", now=0, request_id="req_1")
    with pytest.raises(ApiError) as busy:
        keys.find("k", "/v1/refunds", "{}", now=25 * 3_600)
    assert busy.value.status == 409


def test_a_lost_answer_is_found_again_under_its_key(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    sandbox.faults.arm(Fault(CREATE, "drop_after"))
    with pytest.raises(stripe.APIConnectionError):
        create(api, "k")
    assert created(sandbox) == 1
    assert replayed(create(api, "k"))
    assert (created(sandbox), executions(sandbox, "k")) == (1, 1)


def test_a_request_that_never_arrived_does_not_use_its_key(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    sandbox.faults.arm(Fault(CREATE, "drop_before"))
    with pytest.raises(stripe.APIConnectionError):
        create(api, "k")
    assert created(sandbox) == 0
    assert not replayed(create(api, "k"))


def test_an_answer_held_by_the_network_is_already_stored(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    sandbox.faults.arm(Fault(CREATE, "hold_after"))
    with ThreadPoolExecutor(max_workers=1) as threads:
        first = threads.submit(create, api, "k")
        wait_until(lambda: sandbox.faults.held == 1)
        second = create(api, "k")
        sandbox.faults.clear()
        assert first.result(timeout=10).id == second.id
    assert replayed(second)


def test_many_threads_with_one_key_make_one_intent(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    def attempt(_: int) -> str:
        try:
            return str(create(api, "k").id)
        except stripe.APIError as error:
            return "in flight" if error.http_status == 409 else "broken"

    with ThreadPoolExecutor(max_workers=8) as threads:
        answers = set(threads.map(attempt, range(40)))
    assert len(answers - {"in flight"}) == 1
    assert (created(sandbox), executions(sandbox, "k")) == (1, 1)


def test_keys_belong_to_post_and_have_at_most_255_characters(
    sandbox: PaymentsSandbox, api: Any
) -> None:
    intent = create(api, "k" * 255)
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        create(api, "k" * 256)
    for _ in range(2):
        got = api.payment_intents.retrieve(intent.id, {}, {"idempotency_key": "g"})
        assert not replayed(got)
    assert "g" not in sandbox.state()["idempotency_keys"]


def test_network_faults_are_refused_under_the_key(
    sandbox: PaymentsSandbox, url: str
) -> None:
    fault = {"match": CREATE, "kind": "drop_after"}
    path = f"{url}/__sandbox/execution_faults"
    assert requests.post(path, json=fault, timeout=5).status_code == 400
    fault["kind"] = "hold_before"
    assert requests.post(path, json=fault, timeout=5).status_code == 201
    assert requests.get(path, timeout=5).json()["armed"]
    assert requests.delete(path, timeout=5).json() == {"cleared": True}
