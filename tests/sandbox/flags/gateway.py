"""Who may use the SDK's routes, and whether they answer at all."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response


class Gateway:
    """Checks the SDK key, or refuses everybody while a status is set."""

    def __init__(self, sdk_key: str | None) -> None:
        self._sdk_key = sdk_key
        self.refuses_with: int | None = None

    def refusal(self, headers: Headers) -> Response | None:
        """Return the answer to a request that is not served, or None."""
        if self.refuses_with is not None:
            return JSONResponse(
                {"message": "refused by the sandbox"}, status_code=self.refuses_with
            )
        given = headers.get("authorization", "")
        expected = self._sdk_key
        if given == expected or (expected is None and given.startswith("sdk-")):
            return None
        return JSONResponse({"message": "invalid SDK key"}, status_code=401)
