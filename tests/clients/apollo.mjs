// Apollo Client, unmodified: normalised cache by id, pagination by its own relayStylePagination. Prints what it found.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { filter, firstValueFrom } from "rxjs";
import { relayStylePagination } from "@apollo/client/utilities";

const [address] = process.argv.slice(2);
const client = new ApolloClient({
  link: new HttpLink({ uri: address }),
  cache: new InMemoryCache({ typePolicies: { Query: { fields: { services: relayStylePagination(["filter"]) } } } }),
});
const SERVICES = gql`
  query Services($after: String) {
    services(first: 5, after: $after) {
      totalCount
      edges { cursor node { id iri label { value lang } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
const watched = client.watchQuery({ query: SERVICES });
let { data } = await firstValueFrom(watched.pipe(filter(({ dataState }) => dataState === "complete")));
while (data.services.pageInfo.hasNextPage) {
  await watched.fetchMore({ variables: { after: data.services.pageInfo.endCursor } });
  data = watched.getCurrentResult().data;
}
const one = data.services.edges[0].node;
const cached = client.readFragment({ id: `Service:${one.id}`, fragment: gql`fragment One on Service { iri }` });
const { error } = await client.query({ query: gql`{ service(slug: "no-such-service") { id } }` });
console.log(JSON.stringify({
  total: data.services.totalCount,
  found: data.services.edges.length,
  distinct: new Set(data.services.edges.map(({ node }) => node.id)).size,
  cached: cached.iri === one.iri,
  error: error?.message ?? null,
}));
client.stop();
