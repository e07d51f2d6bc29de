"""Codes that spell their ancestors: 33.74.01 lies in 33.74, PUPR.PERTANAHAN under PUPR."""


def covers(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or below it."""
    return inner == outer or inner.startswith(f"{outer}.")
