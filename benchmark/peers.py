"""What the kernels are compared with: ROOT's compiled classes, and a 4C fit in plain numpy.

ROOT comes from `make root`.  Where it cannot be imported, its cases are left out, and the results
say why.
"""

from __future__ import annotations

import warnings

import numpy as np
from timing import Case

__all__ = ["FIT_STEPS", "numpy_fit", "root_cases"]

#: Newton steps of `numpy_fit`: they leave less than 1e-6 of 1 + chi2 for the right hypothesis.
FIT_STEPS = 4

_LOOPS = """
#include "TGenPhaseSpace.h"
#include "TRolke.h"
namespace benchmark {
double phase_space(int n, double parent, const double* masses) {
  TGenPhaseSpace decay; TLorentzVector whole(0, 0, 0, parent); double sum = 0;
  decay.SetDecay(whole, 4, masses);
  for (int i = 0; i < n; ++i) sum += decay.Generate() * decay.GetDecay(0)->E();
  return sum;
}
void rolke(int n, const int* observed, const double* background, const double* efficiency,
           const double* sigma, double level, double* upper) {
  TRolke limit(level);
  for (int i = 0; i < n; ++i) {
    limit.SetKnownBkgGaussEff(observed[i], efficiency[i], sigma[i], background[i]);
    upper[i] = limit.GetUpperLimit();
  }
}
}
"""


def root_cases(
    n_events: int, parent_gev: float, masses_gev: list[float], limits: dict[str, np.ndarray],
    confidence_level: float,
) -> tuple[dict[str, Case], str, np.ndarray | None]:
    """Cases of TGenPhaseSpace and TRolke; ROOT's version, or why there is none; TRolke's limits.

    TGenPhaseSpace makes weighted events, which cost it least: to unweight them takes twenty of
    them for one.  `limits`: observed, background, efficiency, efficiency_sigma.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ROOT
    except ImportError as error:
        return {}, f"{error}; `make root` installs it", None
    ROOT.gInterpreter.Declare(_LOOPS)
    masses = np.array(masses_gev)
    observed = limits["observed"].astype(np.int32)
    others = [limits[name] for name in ("background", "efficiency", "efficiency_sigma")]
    upper = np.empty(len(observed))

    def rolke():
        ROOT.benchmark.rolke(len(upper), observed, *others, confidence_level, upper)

    cases = {
        "TGenPhaseSpace": Case(
            "TGenPhaseSpace", n_events,
            lambda: ROOT.benchmark.phase_space(n_events, parent_gev, masses),
        ),
        "TRolke": Case("TRolke", len(upper), rolke),
    }
    rolke()
    return cases, ROOT.gROOT.GetVersion(), upper


def numpy_fit(helix, covariance, masses_gev, total) -> np.ndarray:
    """Chi-squares (n,) of 4C fits under one hypothesis, all events at once in numpy.

    `helix` (n, k, 3), `covariance` (n, k, 6); the method of `lnvsearch.reconstruction`.
    """
    matrix = np.empty((*helix.shape, 3))
    rows, columns = np.tril_indices(3)
    matrix[..., rows, columns] = matrix[..., columns, rows] = covariance
    point = helix.copy()
    jacobian = np.zeros((*helix.shape[:2], 4, 3))
    chi_square = np.zeros(len(helix))
    for _ in range(FIT_STEPS):
        phi, kappa, slope = np.moveaxis(point, -1, 0)
        pt = 1.0 / np.abs(kappa)
        momentum = np.stack([-np.sin(phi) * pt, np.cos(phi) * pt, slope * pt], axis=-1)
        size_squared = np.sum(momentum**2, axis=-1)
        energy = np.sqrt(size_squared + masses_gev**2)
        jacobian[..., 0, 0], jacobian[..., 1, 0] = -momentum[..., 1], momentum[..., 0]
        jacobian[..., :3, 1] = -momentum / kappa[..., np.newaxis]
        jacobian[..., 3, 1] = -size_squared / (kappa * energy)
        jacobian[..., 2, 2], jacobian[..., 3, 2] = pt, pt * momentum[..., 2] / energy
        four = np.concatenate([momentum, energy[..., np.newaxis]], axis=-1)
        linear = np.einsum("nkij,nkj->nki", jacobian, helix - point)
        residual = np.sum(four + linear, axis=1) - total
        gain = jacobian @ matrix
        s = np.sum(gain @ np.swapaxes(jacobian, -1, -2), axis=1)
        multiplier = np.linalg.solve(s, residual[..., np.newaxis])[..., 0]
        chi_square = np.sum(residual * multiplier, axis=-1)
        point = helix - np.einsum("nkij,ni->nkj", gain, multiplier)
    return chi_square
