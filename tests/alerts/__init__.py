"""The rules that wake somebody: by promtool, and by Prometheus in a real stack."""
