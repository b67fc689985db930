"""What a benchmark has found: figures, each with the bound that it must keep, and their table."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. `most` is its upper bound, `exactly` what it must be; with neither it is only told."""

    of: str
    name: str
    value: float
    unit: str = ""
    most: float | None = None
    exactly: float | None = None

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.exactly is not None:
            return f"= {self.exactly:,.0f}"
        return "" if self.most is None else f"≤ {self.most:,g}"

    @property
    def kept(self) -> bool:
        """Whether the value keeps its bound."""
        if self.exactly is not None:
            return self.value == self.exactly
        return self.most is None or self.value <= self.most

    def shown(self) -> tuple[str, str, str, str]:
        """The cells of its row."""
        value = f"{self.value:,.0f}" if self.value == int(self.value) else f"{self.value:,.3g}"
        verdict = "" if not self.bound else "ok" if self.kept else "BROKEN"
        return self.name, f"{value} {self.unit}".rstrip(), self.bound, verdict


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines for people, under what they are of."""
    lines, of = [], ""
    for figure in figures:
        if figure.of != of:
            of = figure.of
            lines += ["", of]
        name, value, bound, verdict = figure.shown()
        lines.append(f"  {name:<54} {value:>14}  {bound:<9} {verdict}".rstrip())
    return "\n".join(lines).lstrip("\n")
