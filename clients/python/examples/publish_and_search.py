"""Publishes a conversation and finds one of its turns."""

from interplay import Interplay

with Interplay() as client:  # INTERPLAY_TARGET, else localhost:50051
    published = client.publish_interaction(
        "example-ada",
        [
            {"role": "User", "speaker": "Ada", "content": "The boiler makes a humming noise at night."},
            {"role": "Agent", "content": "Is the pressure below one bar?"},
            {"user_action": "click", "user_action_description": "Clicked: book an engineer"},
        ],
        session_id="boiler-1",
        source="support-chat",
        request_id="python-boiler-1",  # publishing it again changes nothing
    )
    print(f"published {len(published.interaction_ids)} interactions")

    found = client.search_interactions("what noise does the boiler make?", "example-ada", top_k=3)
    for hit in found.hits:
        data = hit.interaction.data
        print(f"found {hit.score:.3f} {data.role}: {data.content or data.user_action_description}")
