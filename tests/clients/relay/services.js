// What Relay's compiler checks and compiles: a connection, a refetchable fragment on a node, a mutation-free client.
import { graphql } from "relay-runtime";

export const query = graphql`
  query servicesQuery($count: Int!, $after: String) {
    ...services_list @arguments(count: $count, after: $after)
  }
`;

export const list = graphql`
  fragment services_list on Query
  @refetchable(queryName: "servicesListQuery")
  @argumentDefinitions(count: { type: "Int!" }, after: { type: "String" }) {
    services(first: $count, after: $after) @connection(key: "list_services") {
      totalCount
      edges {
        node {
          id
          ...services_one
        }
      }
    }
  }
`;

export const one = graphql`
  fragment services_one on Service @refetchable(queryName: "servicesOneQuery") {
    id
    iri
    label(lang: ["fr", "en"]) {
      value
      lang
    }
  }
`;
