"""Selection of K+ K+ e- e- at BESIII, and the weights of its backgrounds."""
