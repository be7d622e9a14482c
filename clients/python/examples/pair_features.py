"""Records what a customer did in a shop and reads the features of the customer and one product."""

from datetime import UTC, datetime, timedelta

from interplay import Interplay

NOW = datetime.now(UTC)
VISIT = {"customer_id": "example-customer", "product_id": "example-kettle", "session_id": "example-visit"}

with Interplay() as client:
    client.upsert_products({"product_id": "example-kettle", "title": "Kettle", "price": 39.5})
    with client.event_publisher("python-example-shop") as publisher:
        receipt = publisher.append(
            [
                {
                    **VISIT,
                    "id": "py-1",
                    "event_type": "VIEW",
                    "view_duration": 40,
                    "created_at": NOW - timedelta(minutes=30),
                },
                {
                    **VISIT,
                    "id": "py-2",
                    "event_type": "VIEW",
                    "view_duration": 20,
                    "created_at": NOW - timedelta(minutes=20),
                },
                {**VISIT, "id": "py-3", "event_type": "CART_ADD", "created_at": NOW - timedelta(minutes=10)},
            ]
        )
        print(f"recorded as append {receipt.result().offset}")

    row = client.interaction_features("example-customer", "example-kettle")
    for name in ("total_views", "cart_adds", "view_duration_avg"):
        print(f"{name}: {row.features[name]}")
