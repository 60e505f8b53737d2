"""From tracks to candidates: identification, combinations, kinematic fit, vertices.

What to use when:

* `four_vectors`: momenta from helix parameters, invariant masses, (K, e) pairings;
* `identification`: confidence levels of the e, pi, K hypotheses and the cuts on them;
* `candidates`: the combinations of tracks of an event, and the mass hypotheses to fit;
* `kinematic_fit`: the fit with four-momentum conservation (4C), batched;
* `vertex`: where two helices meet, to recognise photon conversions.

It uses `particles` only.  Arrays in and arrays out.
"""
