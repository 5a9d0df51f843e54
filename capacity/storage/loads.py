"""How are the load of a step and the ladder of a run written and read?

Both directions stand together. A closed loop has its concurrency; an open loop has none, but the
plan of its starts.
"""

from capacity.model.load import (
    Arrivals,
    ClosedLoop,
    ConcurrencyLadder,
    Ladder,
    Load,
    OpenLoop,
    RateLadder,
)
from capacity.storage.evidence import JsonObject
from capacity.storage.fields import Fields


def encode_load(load: Load) -> JsonObject:
    """The keys of a load, which stand beside others of their object."""
    match load:
        case ClosedLoop(concurrency):
            return {"concurrency": concurrency}
        case OpenLoop(rate_qps, arrivals, max_in_flight):
            return {
                "concurrency": None,
                "rate_qps": rate_qps,
                "arrivals": arrivals.value,
                "max_in_flight": max_in_flight,
            }


def decode_load(fields: Fields) -> Load:
    """The reverse of encode_load."""
    if "rate_qps" not in fields.names():
        return ClosedLoop(fields.count("concurrency", at_least=1))
    return OpenLoop(
        rate_qps=fields.rate("rate_qps"),
        arrivals=fields.choice("arrivals", Arrivals),
        max_in_flight=fields.count("max_in_flight", at_least=1),
    )


def encode_ladder(ladder: Ladder) -> JsonObject:
    """The keys of a ladder, which stand beside others of their object."""
    match ladder:
        case ConcurrencyLadder(concurrencies):
            return {"concurrencies": list(concurrencies)}
        case RateLadder(rates_qps, arrivals, max_in_flight):
            return {
                "rates_qps": list(rates_qps),
                "arrivals": arrivals.value,
                "max_in_flight": max_in_flight,
            }


def decode_ladder(fields: Fields) -> Ladder:
    """The reverse of encode_ladder."""
    if "rates_qps" not in fields.names():
        return ConcurrencyLadder(fields.counts("concurrencies", at_least=1))
    return RateLadder(
        rates_qps=fields.rates("rates_qps"),
        arrivals=fields.choice("arrivals", Arrivals),
        max_in_flight=fields.count("max_in_flight", at_least=1),
    )
