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
// Two numbers each of background and efficiency, in the order of `_NUMBERS`.
void rolke(int model, int n, const int* x, const double* b, const double* c, const double* e,
           const double* f, double level, double* upper) {
  TRolke limit(level);
  for (int i = 0; i < n; ++i) {
    if (model == 0) limit.SetKnownBkgGaussEff(x[i], e[i], f[i], b[i]);
    if (model == 1) limit.SetKnownBkgBinomEff(x[i], (int)e[i], (int)f[i], b[i]);
    if (model == 2) limit.SetGaussBkgKnownEff(x[i], b[i], c[i], e[i]);
    if (model == 3) limit.SetGaussBkgGaussEff(x[i], b[i], e[i], f[i], c[i]);
    if (model == 4) limit.SetPoissonBkgKnownEff(x[i], (int)b[i], c[i], e[i]);
    if (model == 5) limit.SetPoissonBkgGaussEff(x[i], (int)b[i], e[i], c[i], f[i]);
    if (model == 6) limit.SetPoissonBkgBinomEff(x[i], (int)b[i], (int)e[i], c[i], (int)f[i]);
    upper[i] = limit.GetUpperLimit();
  }
}
}
"""

_NUMBERS = {
    "KnownBkg": ("background", "background"), "GaussBkg": ("background", "background_sigma"),
    "PoissonBkg": ("sideband", "tau"), "KnownEff": ("efficiency", "efficiency"),
    "GaussEff": ("efficiency", "efficiency_sigma"), "BinomEff": ("passed", "total"),
}  # fmt: skip


def root_cases(
    n_events: int, parent_gev: float, masses_gev: list[float], limits: dict[str, np.ndarray],
    models: tuple[str, ...], confidence_level: float,
) -> tuple[dict[str, Case], str, dict[str, np.ndarray]]:
    """Cases of TGenPhaseSpace and TRolke; ROOT's version, or why there is none; TRolke's limits.

    TGenPhaseSpace makes weighted events, which cost it least: to unweight them takes twenty of
    them for one.  `limits`: the arguments of `limits.arguments`; `models`: its MODELS; a tenth of the
    experiments in all but the first.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ROOT
    except ImportError as error:
        return {}, f"{error}; `make root` installs it", {}
    ROOT.gInterpreter.Declare(_LOOPS)
    masses = np.array(masses_gev)
    cases = {
        "TGenPhaseSpace": Case(
            "TGenPhaseSpace", n_events,
            lambda: ROOT.benchmark.phase_space(n_events, parent_gev, masses),
        )
    }
    upper = {}
    for number, model in enumerate(models):
        few = slice(None if number == 0 else max(len(limits["observed"]) // 10, 1))
        background, _, efficiency = model.partition("Bkg")
        names = (*_NUMBERS[f"{background}Bkg"], *_NUMBERS[efficiency])
        given = [limits[name][few].astype(float) for name in names]
        observed = limits["observed"][few].astype(np.int32)
        upper[model] = np.empty(len(observed))
        call = (number, len(observed), observed, *given, confidence_level, upper[model])
        name = "TRolke" if number == 0 else f"TRolke_{model}"
        cases[name] = Case(name, len(observed), lambda call=call: ROOT.benchmark.rolke(*call))
        cases[name].run()
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
