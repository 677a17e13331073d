"""What is kept on disk: records in one SQLite database, output files by their content.

The only place that touches sqlite3. Knows nothing of the service, the key or the display.
"""

from .files import Files
from .history import Page
from .leases import Holder
from .records import Store
from .spending import Spending
from .terms import SHORTEST_REF

__all__ = ["SHORTEST_REF", "Files", "Holder", "Page", "Spending", "Store"]
