"""How much each piece of evidence counts for each relation.

Coefficients of a multinomial logistic regression with a quadratic penalty, fitted to 1,044 labelled pairs of everyday
statements and, at lower weights, to their reversals and to the 184 pairs that the rules were tuned on. The vectors were
those of wordllama-256. A line is the name of the evidence and its weights for: the same, more specific, contrary,
another fact.
"""

import numpy as np

_TABLE = """
bias 0.00 -2.95 0.85 2.09
cosine -0.18 0.49 0.57 -0.88
covered 0.53 -0.05 -0.07 -0.41
back 0.27 0.12 -0.12 -0.27
both 0.37 -0.24 -0.33 0.20
worst 0.45 -0.18 -0.16 -0.11
worst_back 0.32 0.11 -0.21 -0.23
rest 0.63 0.44 0.01 -1.09
lone_new -0.16 1.06 -0.52 -0.39
lone_old 0.46 -0.29 -0.33 0.16
none_new 0.18 -0.00 0.05 -0.23
none_old 0.03 0.03 0.09 -0.15
none -0.03 -0.21 -0.21 0.45
lone_both -0.20 -0.15 -0.24 0.59
lone_rest 1.44 -0.10 -0.34 -1.00
lone_frame -0.36 -0.14 0.05 0.45
lone_tie 0.24 -0.08 0.12 -0.28
swapped -0.15 -0.05 0.34 -0.14
swapped_frame -0.32 -0.03 0.03 0.31
swapped_rest 1.59 -0.36 -1.40 0.17
clash -1.06 -0.39 1.53 -0.08
kin 0.10 0.18 -0.47 0.19
clash_back 0.15 0.43 -0.72 0.14
common 0.42 0.24 -0.56 -0.10
nothing 0.16 -0.06 -0.00 -0.10
tie 0.15 0.00 0.10 -0.25
named_new -0.57 0.62 -0.11 0.07
named_old -0.09 -0.40 0.11 0.37
named -0.39 -0.17 0.16 0.40
named_one -0.17 0.64 -0.30 -0.18
names 0.31 0.34 -0.81 0.16
differ -1.06 -0.01 -0.06 1.14
more -0.96 2.11 -0.65 -0.50
less 0.46 -0.64 -0.00 0.19
agree 0.68 0.59 -1.30 0.03
differ_both -1.38 -0.24 0.95 0.67
more_back 0.09 0.55 -0.10 -0.54
family 0.11 -0.02 -0.05 -0.04
single 0.02 -0.11 0.16 -0.08
foreign 0.05 -0.30 0.04 0.21
family_cosine -0.39 0.26 -0.02 0.14
single_named -0.51 -0.23 0.34 0.40
single_kin -0.73 0.00 0.83 -0.10
single_differ -0.45 -0.23 0.44 0.24
single_rest 2.21 -0.24 -0.44 -1.53
single_lone -0.22 0.05 0.12 0.05
qualified 0.27 -0.23 -0.09 0.05
qualified_family -0.33 0.38 -0.17 0.12
qualified_both -0.12 0.20 -0.86 0.77
changed -0.71 -0.32 2.58 -1.55
changed_old -0.12 0.44 -0.60 0.27
changed_tie -0.14 0.05 -0.30 0.40
changed_common -0.12 0.22 0.02 -0.13
added -0.27 -0.43 0.37 0.32
ended -0.38 0.15 0.13 0.11
ended_old 0.87 0.20 -0.77 -0.30
ended_common 0.40 -0.38 -1.11 1.09
ending -0.62 -0.26 1.19 -0.31
ending_old 0.35 -0.65 0.56 -0.26
ending_tie 0.15 0.30 0.82 -1.28
ending_both 1.16 0.59 -1.99 0.24
solved 0.17 -0.66 0.95 -0.46
solved_tie 0.22 0.28 0.30 -0.80
event -0.68 -0.38 0.92 0.14
event_old 0.27 -0.17 -0.61 0.51
event_both 0.92 0.07 -0.93 -0.06
event_common 0.03 -0.00 0.21 -0.23
former -0.09 -0.24 -0.10 0.43
former_other -0.42 -0.22 -0.27 0.91
former_lone 0.18 -0.27 0.13 -0.04
past -0.34 -0.53 0.57 0.31
past_old -0.24 -0.33 -0.17 0.74
turned -0.32 -0.23 0.46 0.09
turned_both 0.25 -0.40 0.44 -0.30
turned_max -0.46 -0.13 1.16 -0.56
negation 0.65 -0.26 -0.00 -0.39
negation_covered -0.08 -0.30 0.04 0.35
negation_back -0.11 -0.04 0.14 0.01
denied_both 1.12 -0.27 -0.41 -0.44
attitude -0.64 1.09 -0.73 0.28
mode -0.07 0.04 0.01 0.02
other_mode 0.22 0.55 -0.56 -0.21
holder -0.55 -0.01 0.00 0.55
holder_cosine -0.79 -0.45 -0.31 1.55
cosine_mode 0.04 0.26 0.34 -0.64
predicate -0.63 0.11 -0.18 0.70
verbs -0.11 -0.17 0.05 0.23
same_noun -0.37 -0.69 -0.09 1.15
other_noun -0.40 -0.33 0.02 0.71
noun_lone -0.89 -0.21 1.07 0.04
noun_kin -0.05 -0.06 1.22 -1.10
noun_named -0.01 -0.02 2.10 -2.07
noun_differ -0.08 -0.05 0.58 -0.44
heads -0.18 -0.14 0.29 0.03
heads_old -0.20 0.17 0.11 -0.07
heads_new -0.06 0.14 -0.33 0.25
longer -1.03 1.24 -0.14 -0.07
table_same 1.17 0.01 -0.42 -0.77
table_more 0.33 0.95 -0.27 -1.02
table_contrary -0.65 -0.40 1.72 -0.67
loose_same 1.15 -0.18 -0.26 -0.70
loose_more 0.37 1.07 -0.89 -0.55
loose_contrary -0.05 -0.03 0.74 -0.66
"""
_ROWS = [line.split() for line in _TABLE.strip().splitlines()]
NAMES = tuple(row[0] for row in _ROWS)
WEIGHTS = np.array([[float(weight) for weight in row[1:]] for row in _ROWS])
"""(names, 4) in the order of `NAMES` and of: the same, more specific, contrary, another."""
