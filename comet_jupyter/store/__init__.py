"""What is kept on disk: records in one SQLite database, output files by their content.

The only place that touches sqlite3. Knows nothing of the service, the key or the display.
"""

from .files import Files
from .history import Page
from .records import Store

__all__ = ["Files", "Page", "Store"]
