"""What a host of the Model Context Protocol does with `interplay mcp`: starts it, lists its tools, calls them.

Needs `pip install 'interplay-server[mcp]'`. INTERPLAY_TARGET says where the memory is.
"""

import asyncio
import os
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = StdioServerParameters(
    command=sys.executable, args=["-m", "interplay_server", "mcp", "--user", "eve"], env=dict(os.environ)
)


async def main():
    async with Client(stdio_client(COMMAND)) as host:
        print(", ".join(tool.name for tool in (await host.list_tools()).tools))
        turns = [{"role": "User", "content": "I sail on Sundays."}, {"role": "Agent", "content": "Fair winds!"}]
        published = await host.call_tool("publish", {"turns": turns})
        answer_id = published.structured_content["interaction_ids"][1]
        await host.call_tool("correct", {"interaction_id": answer_id, "thumb": "up"})
        found = await host.call_tool("search_interactions", {"query": "boats"})
        print(found.structured_content["hits"][0]["content"])


asyncio.run(main())
