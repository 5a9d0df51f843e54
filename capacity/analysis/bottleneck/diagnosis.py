"""What limits the service? The one entry point: run and findings go in, a Diagnosis comes out."""

from capacity.analysis.bottleneck.case import Case, make_case
from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.analysis.bottleneck.ranking import ranked
from capacity.model.bottleneck import Candidate, Diagnosis, DiagnosisState
from capacity.model.findings import Capacity, Knee, NoCapacity, NoKnee
from capacity.model.run import Run


def diagnose(run: Run, knee: Knee | NoKnee, capacity: Capacity | NoCapacity) -> Diagnosis:
    """Name the bottleneck of a finished run, or say that it is not known."""
    case = make_case(run, knee, capacity)
    candidates, accompanying = ranked(case, CLASSES)
    return Diagnosis(
        state=_state(case, candidates),
        candidates=candidates,
        accompanying=accompanying,
        movers=(),
        exonerated=(),
        not_observed=(),
        experiment=None,
        numbers=case.numbers,
        turn_level=case.level_at(case.turn),
        constancy_ratio=case.plateau_constancy_ratio,
    )


def _state(case: Case, candidates: tuple[Candidate, ...]) -> DiagnosisState:
    if not case.levels:
        return DiagnosisState.NOT_MEASURED
    return DiagnosisState.NAMED if candidates else DiagnosisState.UNKNOWN
