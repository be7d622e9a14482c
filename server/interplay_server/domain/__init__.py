"""Pure types and rules of interactions: no gRPC, no protobuf, no LanceDB."""
