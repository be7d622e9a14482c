"""Collections of a shop as if guests who are linked to accounts had always been these accounts.

Nothing stored is rewritten: rows of a guest are read as the account's, and each link stands among the identity links
too, for events of the guest as a client.
"""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.commerce import IdentityLink
from interplay_server.domain.links import UserLink
from interplay_server.domain.records import SEQ, Collection, Condition, Op, among
from interplay_server.domain.shop import EVENTS, LINKS, ORDERS, bucket_of, link_row
from interplay_server.features.gather import MOST_VALUES, Reader

_OWNED = (EVENTS, ORDERS, LINKS)
_CUSTOMER, _BUCKET = "customer_id", "bucket"


def as_linked(records: Reader, links: Iterable[UserLink]) -> Reader:
    """`records` themselves where nobody is linked."""
    found = tuple(links)
    return LinkedReader(records, found) if found else records


class LinkedReader:
    """See `gather.Reader`."""

    def __init__(self, records: Reader, links: Sequence[UserLink]) -> None:
        self._records, self._links = records, links
        self._accounts: Mapping[str, str] = {one.guest_id: one.account_id for one in links}
        self._guests: dict[str, list[str]] = {}
        for one in links:
            self._guests.setdefault(one.account_id, []).append(one.guest_id)

    async def table(
        self, collection: Collection, where: Sequence[Condition] = (), *, columns: Sequence[str] = ()
    ) -> pa.Table:
        about_owner = [one for one in where if one.field in (_CUSTOMER, _BUCKET)]
        named = not columns or bool({_CUSTOMER, _BUCKET} & set(columns))
        if collection not in _OWNED or not (about_owner or named or collection is LINKS):
            return await self._records.table(collection, where, columns=columns)
        wanted = list(columns) or [*collection.names, SEQ]
        asked = list(dict.fromkeys((*wanted, _CUSTOMER)))
        if not about_owner:
            found = [await self._records.table(collection, where, columns=asked)]
        else:
            # A guest's rows stand under their own id and bucket: they are asked for by name.
            others = [one for one in where if one not in about_owner]
            stored = await self._records.table(collection, where, columns=asked)
            found = [stored.filter(pc.invert(pc.is_in(stored[_CUSTOMER], pa.array(list(self._accounts), pa.string()))))]
            guests = self._guests_of(about_owner)
            for at in range(0, len(guests), MOST_VALUES):
                theirs = [among(_CUSTOMER, guests[at : at + MOST_VALUES]), *others]
                found.append(await self._records.table(collection, theirs, columns=asked))
        if collection is LINKS:
            found.append(self._identity_links(where, asked, found[0].schema))
        return self._of_accounts(pa.concat_tables(found)).select(wanted)

    def _guests_of(self, conditions: Sequence[Condition]) -> list[str]:
        """Guests whose accounts meet conditions on customer and bucket."""
        named = next((one for one in conditions if one.field == _CUSTOMER and one.op in (Op.EQ, Op.IN)), None)
        accounts: Iterable[str] = self._guests
        if named is not None:
            accounts = [named.value] if named.op is Op.EQ else named.value
        return [
            guest
            for account in accounts
            if account in self._guests and all(one.holds(_owner(account)) for one in conditions)
            for guest in self._guests[account]
        ]

    def _identity_links(self, where: Sequence[Condition], columns: Sequence[str], schema: pa.Schema) -> pa.Table:
        rows = []
        for link in self._links:
            told = IdentityLink(link.guest_id, link.account_id, link.link_time)
            row = dict(zip(LINKS.names, link_row(told), strict=True)) | {SEQ: link.link_seq}
            if all(one.holds(row) for one in where):
                rows.append({name: row[name] for name in columns})
        return pa.Table.from_pylist(rows, schema=schema)

    def _of_accounts(self, rows: pa.Table) -> pa.Table:
        owners = rows[_CUSTOMER].combine_chunks().dictionary_encode()
        if isinstance(owners, pa.ChunkedArray):
            owners = owners.combine_chunks()
        names = owners.dictionary.to_pylist()
        if not any(one in self._accounts for one in names):
            return rows
        accounts = [self._accounts.get(one, one) for one in names]
        rows = _replaced(rows, _CUSTOMER, pa.array(accounts, pa.string()).take(owners.indices))
        if _BUCKET in rows.column_names:
            numbers = pa.array([bucket_of(one) if one else None for one in accounts], rows[_BUCKET].type)
            rows = _replaced(rows, _BUCKET, numbers.take(owners.indices))
        return rows


def _owner(account: str) -> Mapping[str, object]:
    return {_CUSTOMER: account, _BUCKET: bucket_of(account)}


def _replaced(rows: pa.Table, name: str, column: pa.Array) -> pa.Table:
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.schema.field(at), column)
