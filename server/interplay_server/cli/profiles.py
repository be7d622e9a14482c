"""`interplay profiles`: facts about people."""

import json
from collections.abc import Callable
from typing import Any

import click
from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.struct_pb2 import Struct
from interplay.v1 import profile_pb2
from interplay.v1 import profile_service_pb2 as service
from interplay.v1.profile_service_pb2_grpc import ProfileServiceStub

from interplay_server.cli import learnt, options
from interplay_server.cli.connection import Connection
from interplay_server.cli.following import follow, follows
from interplay_server.cli.learnt import request
from interplay_server.cli.output import echo_facts, echo_json, table
from interplay_server.cli.search import warn_degraded
from interplay_server.cli.times import local
from interplay_server.cli.words import METHODS, TIMES_TO_LIVE

_HEADINGS = ("profile", "user", "said", "state", "fact")


class _Features(click.ParamType[Struct]):
    """An option that holds a JSON object."""

    name = "json"

    def convert(self, value: str | Struct, param: click.Parameter | None, ctx: click.Context | None) -> Struct:
        if isinstance(value, Struct):
            return value
        try:
            made: Struct = json_format.Parse(value, Struct())
        except json_format.ParseError:
            self.fail(f"{value!r} is not a JSON object", param, ctx)
        return made


def _time_to_live(_ctx: click.Context, _param: click.Parameter, word: str | None) -> int | None:
    return TIMES_TO_LIVE.numbers[word] if word else None


_filters = learnt.with_options(
    learnt.with_user,
    click.option("--source", metavar="TEXT", default="", help="Only from this source."),
    click.option("--category", metavar="TEXT", default="", help="Only of this category, for example preference."),
    learnt.filters,
    learnt.with_arm,
)
_fields: Callable[[learnt.Command], learnt.Command] = learnt.with_options(
    click.option("--category", metavar="TEXT", help="factual, work, goal, circumstance, preference and so on."),
    click.option("--subject", metavar="TEXT", help="Whom or what it is about; the user by default."),
    click.option("--attribute", metavar="TEXT", help="Attribute, for example home_city."),
    click.option("--value", metavar="TEXT", help="Value of the attribute."),
    click.option(
        "--time-to-live",
        type=TIMES_TO_LIVE.kind(),
        callback=_time_to_live,
        help="How long it is valid after it was said; a year by default.",
    ),
    click.option("--confidence", type=click.FloatRange(0, 1), help="How sure it is, 0 to 1."),
    click.option(
        "--interaction",
        "source_interaction_ids",
        metavar="ID",
        multiple=True,
        help="Interaction of this person that backs it; repeat it.",
    ),
    click.option("--source", metavar="TEXT", help="Source of the interactions."),
    click.option("--tag", "tags", metavar="TEXT", multiple=True, help="Tag; repeat it for several."),
    click.option("--notes", metavar="TEXT", help="Remarks; never searched."),
    click.option("--custom-features", type=_Features(), metavar="JSON", help="Anything else, as a JSON object."),
)


@click.group(cls=options.ListByDefault, epilog="Example: interplay profiles --user ada")
def profiles() -> None:
    """Facts about people; without a command it lists them."""


@profiles.command("list", epilog="Example: interplay profiles list --user ada --lifecycle superseded")
@_filters
@TIMES_TO_LIVE.option("--time-to-live", meaning="Only of this time to live.")
@METHODS.option("--method", meaning="Only what was written so.")
@options.with_limit("Profiles")
@options.talks_to_server
async def list_profiles(connection: Connection, *, limit: int, as_json: bool, **criteria: Any) -> None:
    """List facts, the newest first."""
    found: list[profile_pb2.Profile] = []
    made = request(service.ListProfilesRequest, page_size=min(limit, 1000), **criteria)
    async with connection.open() as client:
        async for profile in client.listed(ProfileServiceStub, "ListProfiles", made, "profiles"):
            found.append(profile)
            if as_json:
                echo_json(profile)
            if len(found) == limit:
                break
    if as_json:
        return
    for line in table(_HEADINGS, [_row(one) for one in found]):
        click.echo(line)


@profiles.command(epilog='Example: interplay profiles search "what may she not eat?" --user ada --explain')
@click.argument("text")
@_filters
@options.ranking
@options.talks_to_server
async def search(connection: Connection, *, text: str, explain: bool, as_json: bool, **criteria: Any) -> None:
    """Find facts by meaning and words."""
    async with connection.open() as client:
        made = request(service.SearchProfilesRequest, query=text, **criteria)
        answer = await client.call(ProfileServiceStub, "SearchProfiles", made)
    warn_degraded(answer)
    if as_json:
        for hit in answer.hits:
            echo_json(hit)
        return
    learnt.echo_hits(answer.hits, _HEADINGS, lambda hit: _row(hit.profile), explain=explain)


@profiles.command(epilog="Example: interplay profiles show 01M7Z9SR4R4ERK7ZE344T1S1RH")
@click.argument("profile_id", metavar="PROFILE")
@options.talks_to_server
async def show(connection: Connection, *, profile_id: str, as_json: bool) -> None:
    """Show PROFILE: the fact, how long it is valid, what made it and the words that back it."""
    async with connection.open() as client:
        answer = await client.call(ProfileServiceStub, "GetProfile", service.GetProfileRequest(profile_id=profile_id))
    echo_json(answer.profile) if as_json else _show(answer.profile)


@profiles.command(epilog='Example: interplay profiles add "Is allergic to peanuts" --user ada --time-to-live infinity')
@click.argument("content")
@click.option("--user", "user_id", metavar="ID", required=True, help="The person.")
@_fields
@learnt.with_request_id
@options.talks_to_server
async def add(
    connection: Connection, *, content: str, user_id: str, request_id: str, as_json: bool, **fields: Any
) -> None:
    """Store the fact CONTENT by hand; learning anew leaves it alone. Prints its id."""
    made = service.CreateProfileRequest(request_id=request_id)
    learnt.given_fields(made.profile, {"content": content, "user_id": user_id, **fields})
    async with connection.open() as client:
        answer = await client.call(ProfileServiceStub, "CreateProfile", made)
    echo_json(answer.profile) if as_json else click.echo(answer.profile.profile_id)


@profiles.command(epilog='Example: interplay profiles edit 01M7Z9SR4R4ERK7ZE344T1S1RH --content "Lives in Porto"')
@click.argument("profile_id", metavar="PROFILE")
@click.option("--content", metavar="TEXT", help="The fact.")
@_fields
@learnt.with_etag
@options.talks_to_server
async def edit(connection: Connection, *, profile_id: str, etag: str, as_json: bool, **fields: Any) -> None:
    """Change the fields of PROFILE whose options are given; an empty value clears a field."""
    profile = profile_pb2.Profile(profile_id=profile_id, etag=etag)
    names = learnt.given_fields(profile, fields)
    if not names:
        raise click.UsageError("nothing to change")
    async with connection.open() as client:
        made = service.UpdateProfileRequest(profile=profile, update_mask=FieldMask(paths=names))
        answer = await client.call(ProfileServiceStub, "UpdateProfile", made)
    echo_json(answer.profile) if as_json else _show(answer.profile)


@profiles.command(epilog="Example: interplay profiles delete 01M7Z9SR4R4ERK7ZE344T1S1RH --yes")
@click.argument("profile_id", metavar="PROFILE")
@learnt.with_etag
@options.asks_first("Delete profile {profile_id} with its history?")
@options.talks_to_server
async def delete(connection: Connection, *, profile_id: str, etag: str, as_json: bool) -> None:
    """Delete PROFILE for good, with its history."""
    async with connection.open() as client:
        made = service.DeleteProfileRequest(profile_id=profile_id, etag=etag)
        await client.call(ProfileServiceStub, "DeleteProfile", made)
    echo_json({"profile_id": profile_id}) if as_json else click.echo(f"profile {profile_id} is deleted")


@profiles.command(epilog="Example: interplay profiles changes --user ada --since -7d")
@click.option("--profile", "profile_id", metavar="ID", default="", help="Only of this profile.")
@learnt.change_filters
@options.talks_to_server
async def changes(connection: Connection, *, limit: int, as_json: bool, **criteria: Any) -> None:
    """List what happened to facts, the latest first."""
    found: list[profile_pb2.ProfileChange] = []
    made = request(service.ListProfileChangesRequest, page_size=min(limit, 1000), **criteria)
    async with connection.open() as client:
        async for change in client.listed(ProfileServiceStub, "ListProfileChanges", made, "changes"):
            found.append(change)
            if as_json:
                echo_json(change)
            if len(found) == limit:
                break
    if not as_json:
        for line in learnt.change_rows(found):
            click.echo(line)


@profiles.command(epilog="Example: interplay profiles watch --user ada")
@learnt.with_user
@follows
@options.talks_to_server
async def watch(
    connection: Connection, *, user_id: str, resume_token: str, from_beginning: bool, limit: int | None, as_json: bool
) -> None:
    """Follow what happens to facts, until Ctrl-C.

    At its end it prints the token from which a later watch goes on.
    """
    made = service.WatchProfilesRequest(user_id=user_id, resume_token=resume_token, from_beginning=from_beginning)
    await follow(
        connection,
        lambda client: client.changes(ProfileServiceStub, "WatchProfiles", made),
        learnt.echo_change,
        resume_token=resume_token,
        from_beginning=from_beginning,
        limit=limit,
        as_json=as_json,
    )


def _row(one: profile_pb2.Profile) -> tuple[str, ...]:
    return one.profile_id, one.user_id, local(one.confirm_time), learnt.state(one), one.content


def _show(one: profile_pb2.Profile) -> None:
    about = ": ".join(filter(None, (one.subject, one.attribute)))
    end = local(one.expire_time)
    custom = json_format.MessageToDict(one.custom_features) if one.HasField("custom_features") else {}
    echo_facts(
        {
            "profile": one.profile_id,
            "user": one.user_id,
            "fact": one.content,
            "about": f"{about} = {one.value}" if one.value else about,
            "category": one.category,
            "state": learnt.state(one),
            "valid": f"until {end} ({TIMES_TO_LIVE.of(one.time_to_live)})" if end else "for ever",
            "said": local(one.confirm_time),
            "stored": local(one.create_time),
            "changed": local(one.update_time),
            "superseded": local(one.end_time),
            "confidence": f"{one.confidence:.2f}",
            "made": learnt.origin(one.origin),
            "source": one.source,
            "tags": ", ".join(one.tags),
            "features": json.dumps(custom, ensure_ascii=False) if custom else "",
            "notes": one.notes,
            "etag": one.etag,
        }
    )
    learnt.echo_spans(one)
