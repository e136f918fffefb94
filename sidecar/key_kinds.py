"""What kind of key one is, by how it begins: to say which one was mixed up.

The provider itself would only answer 401. Nothing of a key is repeated.
Sources: Stripe "API keys", Duffel "access tokens", LaunchDarkly "keys".
"""

from __future__ import annotations

import re

_KINDS = (
    (r"", "empty"),
    (r"pk_(test|live)_.*", "a publishable key of Stripe (for browsers)"),
    (r"[sr]k_test_.*", "a key of Stripe's test mode"),
    (r"[sr]k_live_.*", "a live key of Stripe (real money)"),
    (r"[sr]k_.*", "a key of Stripe, but neither of its test mode nor live"),
    (r"whsec_.*", "a webhook's secret of Stripe"),
    (r"ek_.*", "an ephemeral key of Stripe (for apps)"),
    (r"duffel_test_.*", "a token of Duffel's test mode"),
    (r"duffel_live_.*", "a live token of Duffel (real money)"),
    (r"sdk-.*", "an SDK key of LaunchDarkly"),
    (r"mob-.*", "a mobile key of LaunchDarkly (for apps)"),
    (r"api-.*", "an access token of LaunchDarkly's API"),
    (r"rel-.*", "a key of LaunchDarkly's Relay Proxy"),
    (r"[0-9a-f]{24}", "a client-side id of LaunchDarkly (for browsers)"),
    (r"[a-z]+://.*", "an address"),
)
SDK_KEY = "an SDK key of LaunchDarkly"


def kind_of(key: str) -> str | None:
    """Return what a key is, in words; None for one that nobody knows."""
    found = (words for pattern, words in _KINDS if re.fullmatch(pattern, key))
    return next(found, None)


def it_is(key: str) -> str:
    """Return the end of a sentence that says what a key is not."""
    kind = kind_of(key)
    return f" but {kind}" if kind else ""
