// Made by scripts/embed.mjs from the generated files. DO NOT EDIT.

export * from "./gen/interplay/v1/admin_service_pb.js";
export * from "./gen/interplay/v1/api_key_pb.js";
export * from "./gen/interplay/v1/context_pb.js";
export * from "./gen/interplay/v1/context_service_pb.js";
export * from "./gen/interplay/v1/custody_pb.js";
export * from "./gen/interplay/v1/dialogue_pb.js";
export * from "./gen/interplay/v1/dialogue_service_pb.js";
export * from "./gen/interplay/v1/error_reason_pb.js";
export * from "./gen/interplay/v1/evaluation_pb.js";
export * from "./gen/interplay/v1/evaluation_service_pb.js";
export * from "./gen/interplay/v1/feature_pb.js";
export * from "./gen/interplay/v1/feature_service_pb.js";
export * from "./gen/interplay/v1/interaction_pb.js";
export * from "./gen/interplay/v1/interaction_service_pb.js";
export * from "./gen/interplay/v1/learning_pb.js";
export * from "./gen/interplay/v1/learning_service_pb.js";
export * from "./gen/interplay/v1/monitor_pb.js";
export * from "./gen/interplay/v1/monitor_service_pb.js";
export * from "./gen/interplay/v1/operation_pb.js";
export * from "./gen/interplay/v1/operation_service_pb.js";
export * from "./gen/interplay/v1/playbook_pb.js";
export * from "./gen/interplay/v1/playbook_service_pb.js";
export * from "./gen/interplay/v1/profile_pb.js";
export * from "./gen/interplay/v1/profile_service_pb.js";
export * from "./gen/interplay/v1/publish_stream_pb.js";
export * from "./gen/interplay/v1/tenant_pb.js";
