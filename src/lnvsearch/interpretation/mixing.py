"""How the mixing of N is shared among the flavours."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["FLAVOURS", "Mixing"]

FLAVOURS = ("e", "mu", "tau")


@dataclass(frozen=True)
class Mixing:
    """Shares of |U_e|^2, |U_mu|^2, |U_tau|^2 in |U|^2, their sum; they add up to 1."""

    e: float
    mu: float
    tau: float

    def __post_init__(self) -> None:
        shares = (self.e, self.mu, self.tau)
        if not all(math.isfinite(share) and share >= 0.0 for share in shares):
            raise ValueError(f"mixing: each share must be finite and >= 0; got {_text(shares)}")
        if abs(sum(shares) - 1.0) > 1e-9:
            raise ValueError(f"mixing: the shares must add up to 1; got {_text(shares)}")

    @classmethod
    def from_ratio(cls, text: str) -> Mixing:
        """The shares of a ratio |U_e|^2 : |U_mu|^2 : |U_tau|^2.

        Raises ValueError for anything but three numbers >= 0, not all 0.

        >>> Mixing.from_ratio("1:1:0")
        Mixing(e=0.5, mu=0.5, tau=0.0)
        """
        try:
            parts = [float(part) for part in str(text).split(":")]
        except ValueError:
            parts = []
        if len(parts) != 3 or not all(math.isfinite(part) and part >= 0.0 for part in parts):
            raise ValueError(
                f"mixing must be three numbers >= 0, |U_e|^2:|U_mu|^2:|U_tau|^2, as 1:0:0; got {text}"
            )
        total = sum(parts)
        if not (0.0 < total < math.inf):
            raise ValueError(f"mixing {text}: not all three may be 0; 1:0:0 mixes with the electron")
        return cls(*(part / total for part in parts))

    def share(self, flavour: str) -> float:
        """Share of a flavour, `e`, `mu` or `tau`."""
        return {"e": self.e, "mu": self.mu, "tau": self.tau}[flavour]

    @property
    def name(self) -> str:
        """`e`, `mu` or `tau` of a single flavour, otherwise the shares."""
        for flavour in FLAVOURS:
            if self.share(flavour) == 1.0:
                return flavour
        return ":".join(f"{self.share(flavour):.4g}" for flavour in FLAVOURS)


def _text(shares) -> str:
    return ":".join(f"{share:g}" for share in shares)
