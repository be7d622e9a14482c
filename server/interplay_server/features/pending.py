"""Who must be computed anew: noted from committed rows, each with the sequence number up to which it holds."""

from collections.abc import Iterable

from interplay_server.domain import shop
from interplay_server.domain.ports import Change
from interplay_server.domain.records import Values


class Pending:
    """Until `known`, what was committed before the tenant was opened is still to be noted."""

    def __init__(self) -> None:
        self.known = False
        self.customers: dict[str, int] = {}
        self.clients: dict[str, int] = {}
        self.products: dict[str, int] = {}
        self.everything = 0
        """Sequence number of what changed every pair, 0 for nothing."""

    def __bool__(self) -> bool:
        return bool(self.everything or self.customers or self.clients or self.products)

    def note(self, change: Change) -> bool:
        """True where the change asks for anything."""
        if change.rows is None:
            return False
        noted = False
        for name, _, values in change.rows.put:
            noted |= self.row(name, change.seq, values)
        return noted

    def row(self, name: str, seq: int, values: Values) -> bool:
        """Notes one row of a collection."""
        if name == shop.EVENTS.name:
            _, _, _, customer, _, client, *_ = values
            if customer:
                self.customers[customer] = seq
            else:
                self.clients[client] = seq
        elif name == shop.ORDERS.name:
            self.customers[values[1]] = seq
        elif name == shop.CUSTOMERS.name:
            self.customers[values[0]] = seq
        elif name == shop.LINKS.name:
            self.clients[values[1]] = seq
            self.customers[values[2]] = seq
        elif name == shop.MARKS.name:
            self.mark(values[1], values[2], seq)
        else:
            return False
        return True

    def mark(self, kind: str, subjects: Iterable[str], seq: int) -> None:
        if kind == shop.MARK_ALL:
            self.everything = seq
            return
        noted = {
            shop.MARK_CUSTOMER: self.customers,
            shop.MARK_CLIENT: self.clients,
            shop.MARK_PRODUCT: self.products,
        }[kind]
        noted.update(dict.fromkeys(subjects, seq))

    def done(self, seq: int) -> None:
        """Everything up to `seq` is computed."""
        for noted in (self.customers, self.clients, self.products):
            for name in [name for name, at in noted.items() if at <= seq]:
                del noted[name]
        if self.everything <= seq:
            self.everything = 0

    def computed(self, customers: Iterable[str], seq: int) -> None:
        """These customers are computed with everything up to `seq`."""
        for customer in customers:
            if self.customers.get(customer, seq + 1) <= seq:
                del self.customers[customer]
