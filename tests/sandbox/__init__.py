"""Stateful local Duffel and Stripe that keep their own truth; never used live."""
