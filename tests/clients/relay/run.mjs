// Runs what relay-compiler made of services.js with relay-runtime, unmodified: a page, the next one, a node again.
import relay from "relay-runtime";
import page from "./__generated__/servicesListQuery.graphql.js";
import one from "./__generated__/servicesOneQuery.graphql.js";
import first from "./__generated__/servicesQuery.graphql.js";

const { Environment, Network, RecordSource, Store, fetchQuery } = relay;
const [address] = process.argv.slice(2);
const network = Network.create(async ({ text }, variables) => {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query: text, variables }),
  });
  return response.json();
});
const environment = new Environment({ network, store: new Store(new RecordSource()) });
const run = (query, variables) => fetchQuery(environment, query, variables).toPromise();

await run(first, { count: 5 });
const connection = () => {
  const source = environment.getStore().getSource();
  const record = source.get("client:root:__list_services_connection");
  const edges = record.edges.__refs.map((reference) => source.get(reference));
  return { record, edges, info: source.get(record.pageInfo.__ref) };
};
while (connection().info.hasNextPage) {
  await run(page, { count: 5, after: connection().info.endCursor });
}
const { record, edges } = connection();
const id = edges[0].node.__ref;
await run(one, { id });
console.log(JSON.stringify({
  total: record.totalCount,
  found: edges.length,
  distinct: new Set(edges.map(({ node }) => node.__ref)).size,
  iri: environment.getStore().getSource().get(id).iri,
}));
