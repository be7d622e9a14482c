"""How much each piece of evidence counts for each relation.

Coefficients of a multinomial logistic regression with a quadratic penalty, fitted to 1,044 labelled pairs of everyday
statements and, at lower weights, to their reversals, to the 184 pairs that the rules were tuned on, and to nearest
statements of other topics (tests/bench/fit_merge.py). The vectors were those of wordllama-256. A line is the name of
the evidence and its weights for: the same, more specific, contrary, another fact.
"""

import numpy as np

_TABLE = """
bias -0.24 -2.97 0.52 2.69
cosine -0.25 0.67 0.56 -0.98
covered 0.48 0.02 -0.05 -0.44
back 0.22 0.03 -0.08 -0.16
both 0.29 -0.40 -0.31 0.42
worst 0.57 -0.25 -0.17 -0.15
worst_back 0.43 0.03 -0.12 -0.35
rest 0.31 0.12 -0.08 -0.35
lone_new -0.13 0.69 -0.56 -0.01
lone_old 0.41 -0.32 -0.28 0.19
none_new 0.12 0.07 0.12 -0.30
none_old 0.04 -0.03 0.10 -0.11
none -0.02 -0.27 -0.20 0.49
lone_both -0.13 -0.14 -0.26 0.53
lone_rest 1.68 -0.32 0.06 -1.43
lone_frame -0.25 -0.12 0.17 0.19
lone_tie 0.25 0.00 0.11 -0.36
swapped -0.20 0.01 0.36 -0.18
swapped_frame -0.36 -0.02 -0.02 0.40
swapped_rest 1.30 -0.39 -1.77 0.85
clash -1.21 -0.57 1.94 -0.17
kin 0.35 0.25 -0.34 -0.26
clash_back 0.16 0.37 -0.84 0.32
common 0.47 0.36 -0.60 -0.23
nothing 0.09 -0.09 0.08 -0.08
tie 0.32 0.13 0.12 -0.57
named_new -0.58 0.61 -0.19 0.15
named_old -0.14 -0.35 0.12 0.38
named -0.37 -0.14 0.32 0.19
named_one -0.29 0.49 -0.50 0.29
names 0.41 0.44 -0.85 -0.01
differ -0.96 0.05 -0.16 1.07
more -0.99 1.59 -0.73 0.13
less 0.31 -0.53 -0.39 0.60
agree 0.87 0.93 -1.58 -0.22
differ_both -1.65 -0.44 1.26 0.83
more_back -0.06 0.79 -0.09 -0.65
family 0.09 -0.11 -0.08 0.10
single -0.02 -0.23 0.25 0.00
foreign -0.15 -0.34 -0.06 0.55
family_cosine -0.55 0.24 -0.17 0.48
single_named -0.68 -0.02 0.36 0.34
single_kin -0.98 0.10 0.77 0.10
single_differ -0.47 -0.35 0.72 0.10
single_rest 2.51 -0.43 -0.90 -1.19
single_lone -0.11 0.09 0.15 -0.12
qualified 0.22 -0.26 -0.07 0.10
qualified_family -0.32 0.19 0.08 0.05
qualified_both 0.00 0.53 -0.96 0.42
changed -0.85 -0.47 2.06 -0.73
changed_old -0.16 0.35 -0.44 0.24
changed_tie -0.14 0.02 -0.22 0.35
changed_common -0.32 0.18 0.16 -0.01
added -0.00 -0.41 0.51 -0.09
ended -0.26 0.08 -0.07 0.26
ended_old 0.64 0.26 -0.71 -0.19
ended_common 0.37 -0.84 -0.71 1.18
ending -0.61 -0.32 1.14 -0.21
ending_old 0.02 -0.47 0.68 -0.23
ending_tie -0.09 0.03 0.57 -0.51
ending_both 1.38 1.01 -2.37 -0.02
solved 0.34 -0.77 1.27 -0.84
solved_tie 0.05 0.18 0.18 -0.41
event -0.61 -0.39 0.84 0.16
event_old 0.26 -0.18 -0.36 0.28
event_both 0.87 0.20 -1.14 0.06
event_common -0.14 0.05 0.12 -0.03
former -0.21 -0.13 -0.05 0.38
former_other -0.26 -0.19 -0.20 0.65
former_lone -0.03 -0.14 0.11 0.05
past -0.45 -0.42 0.60 0.27
past_old -0.35 -0.47 -0.11 0.93
turned -0.34 -0.24 0.14 0.45
turned_both 0.63 -0.48 0.78 -0.94
turned_max -0.53 0.02 1.38 -0.86
negation 0.44 -0.33 -0.40 0.28
negation_covered 0.03 -0.44 0.19 0.22
negation_back -0.16 -0.04 0.40 -0.21
denied_both 1.22 -0.43 -0.45 -0.35
attitude -0.41 0.55 -0.51 0.37
mode -0.05 0.03 0.10 -0.07
other_mode 0.26 0.28 -0.49 -0.06
holder -0.46 0.13 -0.03 0.37
holder_cosine -1.05 -0.34 -0.39 1.78
cosine_mode 0.13 0.31 0.41 -0.85
predicate -0.63 0.17 -0.13 0.58
verbs -0.15 -0.07 0.16 0.06
same_noun -0.11 -0.86 -0.05 1.01
other_noun -0.42 -0.37 0.01 0.79
noun_lone -1.13 -0.24 1.21 0.15
noun_kin -0.07 -0.14 1.30 -1.09
noun_named -0.02 -0.03 2.02 -1.97
noun_differ -0.13 -0.09 0.41 -0.20
heads -0.17 -0.12 0.36 -0.07
heads_old -0.21 0.21 0.13 -0.12
heads_new -0.05 0.21 -0.32 0.17
longer -1.07 1.26 -0.13 -0.06
table_same 1.57 0.06 -0.45 -1.18
table_more 0.63 1.33 -0.14 -1.82
table_contrary -0.68 -0.50 2.01 -0.83
loose_same 1.28 -0.29 -0.28 -0.72
loose_more 0.51 1.09 -1.13 -0.48
loose_contrary -0.17 0.17 0.55 -0.54
"""
_ROWS = [line.split() for line in _TABLE.strip().splitlines()]
NAMES = tuple(row[0] for row in _ROWS)
WEIGHTS = np.array([[float(weight) for weight in row[1:]] for row in _ROWS])
"""(names, 4) in the order of `NAMES` and of: the same, more specific, contrary, another."""
