"""How much each piece of evidence counts for each relation.

Coefficients of a multinomial logistic regression with a quadratic penalty, fitted to 1044 labelled pairs of everyday
statements (and, at a small weight, to the pairs of the unit tests and to unrelated statements of one person). A line is
the name of the evidence and its weights for: the same, more specific, contrary, another fact.
"""

import numpy as np

_TABLE = """
bias -0.11 -2.89 0.76 2.25
cosine -0.06 0.60 0.65 -1.18
covered 0.58 -0.05 -0.07 -0.47
back 0.28 0.12 -0.12 -0.29
both 0.33 -0.25 -0.33 0.25
worst 0.44 -0.18 -0.16 -0.10
worst_back 0.31 0.10 -0.20 -0.21
rest 0.57 0.36 0.02 -0.95
lone_new -0.13 0.97 -0.51 -0.33
lone_old 0.44 -0.33 -0.38 0.27
none_new 0.16 0.01 0.04 -0.20
none_old 0.04 0.02 0.07 -0.13
none -0.04 -0.21 -0.21 0.46
lone_both -0.18 -0.14 -0.22 0.54
lone_rest 1.69 0.02 -0.13 -1.58
lone_frame -0.32 -0.15 0.06 0.41
lone_tie 0.21 -0.08 0.09 -0.22
swapped -0.16 -0.05 0.33 -0.12
swapped_frame -0.34 0.01 -0.00 0.33
swapped_rest 1.55 -0.26 -1.57 0.29
clash -1.03 -0.41 1.52 -0.08
kin 0.13 0.17 -0.46 0.16
clash_back 0.02 0.38 -0.57 0.17
common 0.43 0.25 -0.59 -0.09
nothing 0.11 -0.07 0.01 -0.05
tie 0.20 0.01 0.12 -0.33
named_new -0.52 0.61 -0.09 -0.01
named_old -0.09 -0.41 0.16 0.34
named -0.36 -0.11 0.16 0.31
named_one -0.19 0.70 -0.27 -0.24
names 0.29 0.36 -0.82 0.18
differ -1.03 -0.00 -0.05 1.08
more -0.90 1.95 -0.61 -0.44
less 0.51 -0.74 -0.00 0.23
agree 0.72 0.59 -1.34 0.02
differ_both -1.39 -0.29 0.94 0.74
more_back 0.08 0.55 -0.12 -0.51
family 0.11 -0.01 -0.02 -0.07
single 0.02 -0.11 0.19 -0.10
foreign -0.00 -0.33 0.02 0.32
family_cosine -0.45 0.31 -0.13 0.27
single_named -0.51 -0.11 0.22 0.41
single_kin -0.65 0.01 0.75 -0.11
single_differ -0.46 -0.27 0.49 0.24
single_rest 2.07 -0.25 -0.38 -1.44
single_lone -0.20 0.06 0.08 0.06
qualified 0.25 -0.25 -0.12 0.12
qualified_family -0.35 0.34 -0.07 0.08
qualified_both -0.09 0.27 -0.88 0.69
changed -0.62 -0.28 2.19 -1.29
changed_old -0.16 0.40 -0.61 0.36
changed_tie -0.18 0.02 -0.05 0.21
changed_common -0.17 0.12 0.20 -0.14
added -0.32 -0.36 0.33 0.35
ended -0.30 0.08 0.11 0.12
ended_old 0.92 0.27 -0.88 -0.32
ended_common 0.24 -0.26 -0.82 0.85
ending -0.54 -0.25 1.16 -0.37
ending_old 0.39 -0.81 0.61 -0.19
ending_tie 0.09 0.18 0.81 -1.08
ending_both 1.14 0.65 -2.02 0.24
solved 0.11 -0.55 0.90 -0.47
solved_tie 0.23 0.25 0.30 -0.78
event -0.61 -0.32 0.87 0.05
event_old 0.25 -0.19 -0.55 0.48
event_both 0.86 0.10 -0.97 0.01
event_common -0.09 0.02 0.24 -0.17
former -0.10 -0.19 -0.10 0.39
former_other -0.40 -0.25 -0.28 0.94
former_lone 0.10 -0.19 0.04 0.04
past -0.34 -0.44 0.53 0.25
past_old -0.26 -0.49 -0.15 0.90
turned -0.29 -0.21 0.45 0.06
turned_both 0.17 -0.41 0.45 -0.21
turned_max -0.43 -0.13 1.07 -0.51
negation 0.61 -0.25 -0.01 -0.36
negation_covered -0.03 -0.32 0.09 0.27
negation_back -0.09 -0.05 0.14 -0.01
denied_both 1.21 -0.34 -0.41 -0.47
attitude -0.86 0.72 -0.51 0.65
mode -0.11 0.03 0.09 0.00
other_mode 0.19 0.52 -0.45 -0.27
holder -0.59 -0.03 -0.04 0.66
holder_cosine -0.66 -0.57 -0.24 1.47
cosine_mode 0.01 0.28 0.32 -0.62
predicate -0.66 0.14 -0.20 0.72
verbs -0.11 -0.13 0.07 0.17
same_noun -0.41 -0.65 -0.09 1.16
other_noun -0.39 -0.35 0.04 0.70
noun_lone -0.83 -0.21 1.06 -0.02
noun_kin -0.05 -0.09 1.32 -1.18
noun_named -0.01 -0.02 1.87 -1.84
noun_differ -0.07 -0.06 0.56 -0.43
heads -0.20 -0.14 0.30 0.04
heads_old -0.21 0.19 0.10 -0.08
heads_new -0.08 0.18 -0.36 0.25
longer -1.04 1.30 -0.16 -0.10
table_same 1.65 -0.09 -0.54 -1.02
table_more 0.23 1.03 -0.33 -0.94
table_contrary -0.72 -0.43 1.93 -0.77
loose_same 1.21 -0.23 -0.23 -0.75
loose_more 0.40 0.90 -0.79 -0.51
loose_contrary -0.06 -0.01 0.66 -0.59
"""
_ROWS = [line.split() for line in _TABLE.strip().splitlines()]
NAMES = tuple(row[0] for row in _ROWS)
WEIGHTS = np.array([[float(weight) for weight in row[1:]] for row in _ROWS])
"""(names, 4) in the order of `NAMES` and of: the same, more specific, contrary, another."""
