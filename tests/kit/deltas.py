"""Changes of ported numbers as the delta files of a data set come to them."""

import numpy as np

from ain_scp.provisioning.rows_services import DeltaColumns


def changes_of(lrns):
    """The columns of a file `delta` with the LRN of each number, "" = ported no longer; from line 2 on in its order."""
    numbers = np.array([int("1" + number) for number in lrns], np.int64)
    codes = np.array([int("1" + lrn) if lrn else 0 for lrn in lrns.values()], np.int64)
    order = np.argsort(numbers)
    file, lines = np.zeros(numbers.size, np.int32), np.arange(2, numbers.size + 2, dtype=np.int32)
    return DeltaColumns(numbers[order], codes[order], file, lines[order], ("delta",))
