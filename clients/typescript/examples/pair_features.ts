// Records what a customer did in a shop and reads the features of the customer and one product.
import { connect, timestampFromDate } from "@interplay/client";

const client = connect();
const minutesAgo = (minutes: number) => timestampFromDate(new Date(Date.now() - minutes * 60_000));
const common = { customerId: "example-customer", productId: "example-kettle", sessionId: "example-visit" };

await client.features.upsertProducts({
  products: [{ productId: "example-kettle", title: "Kettle", price: 39.5, currency: "EUR" }],
});

const publisher = client.eventPublisher("typescript-example-shop");
await publisher.append([
  { ...common, eventId: "ts-1", eventType: "VIEW", viewDuration: 40, pageType: "search", createdAt: minutesAgo(30) },
  { ...common, eventId: "ts-2", eventType: "VIEW", viewDuration: 20, createdAt: minutesAgo(20) },
  { ...common, eventId: "ts-3", eventType: "CART_ADD", createdAt: minutesAgo(10) },
]);
await publisher.close();
console.log(`recorded events up to offset ${publisher.stats().committedOffset}`);

const { row } = await client.features.getInteractionFeatures({
  customerId: "example-customer",
  productId: "example-kettle",
});
console.log(`views: ${row?.features?.totalViews}`);
console.log(`carts: ${row?.features?.cartAdds}`);
console.log(`mean seconds of a view: ${row?.features?.viewDurationAvg}`);

client.close();
