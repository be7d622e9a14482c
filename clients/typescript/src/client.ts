import type { MessageInitShape } from "@bufbuild/protobuf";

import { ClientConfig, type ClientOptions } from "./config.js";
import { Conversation, type ConverseOptions } from "./conversation.js";
import { AdminService } from "./gen/interplay/v1/admin_service_pb.js";
import { ContextService } from "./gen/interplay/v1/context_service_pb.js";
import { DialogueService } from "./gen/interplay/v1/dialogue_service_pb.js";
import { EvaluationService } from "./gen/interplay/v1/evaluation_service_pb.js";
import {
  FeatureService,
  type WatchInteractionFeaturesRequestSchema,
  type WatchInteractionFeaturesResponse,
} from "./gen/interplay/v1/feature_service_pb.js";
import {
  InteractionService,
  type WatchInteractionsRequestSchema,
  type WatchInteractionsResponse,
} from "./gen/interplay/v1/interaction_service_pb.js";
import { LearningService } from "./gen/interplay/v1/learning_service_pb.js";
import {
  MonitorService,
  type WatchAlertsRequestSchema,
  type WatchAlertsResponse,
  type WatchPatternsRequestSchema,
  type WatchPatternsResponse,
} from "./gen/interplay/v1/monitor_service_pb.js";
import { OperationService } from "./gen/interplay/v1/operation_service_pb.js";
import {
  PlaybookService,
  type WatchPlaybooksRequestSchema,
  type WatchPlaybooksResponse,
} from "./gen/interplay/v1/playbook_service_pb.js";
import {
  ProfileService,
  type WatchProfilesRequestSchema,
  type WatchProfilesResponse,
} from "./gen/interplay/v1/profile_service_pb.js";
import { EventPublisher, MonitorPublisher, Publisher } from "./publisher.js";
import { serviceClient, type ServiceClient } from "./services.js";
import { settingsOf, type PublisherOptions, type StreamOptions } from "./settings.js";
import { Transport } from "./transport.js";
import { watch, type WatchOptions } from "./watch.js";
import { EVENTS, INTERACTIONS, MONITOR } from "./wire.js";

/**
 * A connection to an Interplay server, opened by its first call. Every service is there as generated, under its name;
 * publishers, watches and dialogues go on by themselves over lost connections.
 */
export class Client implements Disposable {
  readonly config: ClientConfig;
  readonly admin: ServiceClient<typeof AdminService>;
  readonly contexts: ServiceClient<typeof ContextService>;
  readonly dialogues: ServiceClient<typeof DialogueService>;
  readonly evaluations: ServiceClient<typeof EvaluationService>;
  readonly features: ServiceClient<typeof FeatureService>;
  readonly interactions: ServiceClient<typeof InteractionService>;
  readonly learning: ServiceClient<typeof LearningService>;
  readonly monitor: ServiceClient<typeof MonitorService>;
  readonly operations: ServiceClient<typeof OperationService>;
  readonly playbooks: ServiceClient<typeof PlaybookService>;
  readonly profiles: ServiceClient<typeof ProfileService>;
  readonly #transport: Transport;

  /** Throws TypeError or RangeError for settings that are wrong or contradict each other. */
  constructor(options: ClientOptions = {}) {
    this.config = new ClientConfig(options);
    const transport = new Transport(this.config);
    this.#transport = transport;
    this.admin = serviceClient(AdminService, transport);
    this.contexts = serviceClient(ContextService, transport);
    this.dialogues = serviceClient(DialogueService, transport);
    this.evaluations = serviceClient(EvaluationService, transport);
    this.features = serviceClient(FeatureService, transport);
    this.interactions = serviceClient(InteractionService, transport);
    this.learning = serviceClient(LearningService, transport);
    this.monitor = serviceClient(MonitorService, transport);
    this.operations = serviceClient(OperationService, transport);
    this.playbooks = serviceClient(PlaybookService, transport);
    this.profiles = serviceClient(ProfileService, transport);
  }

  /**
   * Publishes interactions over a named stream that survives lost connections and restarts of the server. It connects at
   * once. `streamId`, 1 to 128 characters, must be this publisher's alone.
   */
  publisher(streamId: string, options: PublisherOptions = {}): Publisher {
    return new Publisher(this.#transport, INTERACTIONS, settingsOf(streamId, options));
  }

  /** Records a shop's events over a named stream; as `publisher()`. */
  eventPublisher(streamId: string, options: StreamOptions = {}): EventPublisher {
    return new EventPublisher(this.#transport, EVENTS, settingsOf(streamId, options));
  }

  /** Records monitored events over a named stream; as `publisher()`. */
  monitorPublisher(streamId: string, options: StreamOptions = {}): MonitorPublisher {
    return new MonitorPublisher(this.#transport, MONITOR, settingsOf(streamId, options));
  }

  /** One dialogue in which the caller's function is the agent under test, the user, or both. */
  converse(options: ConverseOptions): Conversation {
    return new Conversation(this.#transport, options);
  }

  /**
   * Follows what is published, annotated and deleted, without end, across lost connections. Each answer has the
   * `resumeToken` from which a later watch goes on; without `resumeToken` or `fromBeginning` it starts now.
   */
  watchInteractions(
    request: MessageInitShape<typeof WatchInteractionsRequestSchema> = {},
    options?: WatchOptions,
  ): AsyncGenerator<WatchInteractionsResponse, void> {
    const method = InteractionService.method.watchInteractions;
    return watch(this.#transport, method, request, ({ event }) => event.case === "heartbeat", options);
  }

  /** Follows changes of facts about users; as `watchInteractions()`. */
  watchProfiles(
    request: MessageInitShape<typeof WatchProfilesRequestSchema> = {},
    options?: WatchOptions,
  ): AsyncGenerator<WatchProfilesResponse, void> {
    return watch(this.#transport, ProfileService.method.watchProfiles, request, ({ change }) => !change, options);
  }

  /** Follows changes of lessons; as `watchInteractions()`. */
  watchPlaybooks(
    request: MessageInitShape<typeof WatchPlaybooksRequestSchema> = {},
    options?: WatchOptions,
  ): AsyncGenerator<WatchPlaybooksResponse, void> {
    return watch(this.#transport, PlaybookService.method.watchPlaybooks, request, ({ change }) => !change, options);
  }

  /** Follows features as they are kept; as `watchInteractions()`. */
  watchFeatures(
    request: MessageInitShape<typeof WatchInteractionFeaturesRequestSchema> = {},
    options?: WatchOptions,
  ): AsyncGenerator<WatchInteractionFeaturesResponse, void> {
    const method = FeatureService.method.watchInteractionFeatures;
    return watch(this.#transport, method, request, (one) => one.rows.length + one.removed.length === 0, options);
  }

  /** Follows patterns of use; as `watchInteractions()`. */
  watchPatterns(
    request: MessageInitShape<typeof WatchPatternsRequestSchema> = {},
    options?: WatchOptions,
  ): AsyncGenerator<WatchPatternsResponse, void> {
    const method = MonitorService.method.watchPatterns;
    return watch(this.#transport, method, request, (one) => !one.pattern && !one.gonePatternId, options);
  }

  /** Follows alerts; as `watchInteractions()`. */
  watchAlerts(
    request: MessageInitShape<typeof WatchAlertsRequestSchema> = {},
    options?: WatchOptions,
  ): AsyncGenerator<WatchAlertsResponse, void> {
    return watch(this.#transport, MonitorService.method.watchAlerts, request, ({ alert }) => !alert, options);
  }

  /** Ends the connection; calls that are open fail. Close publishers first. */
  close(): void {
    this.#transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * A client of the server at `target`. What is not given comes from INTERPLAY_TARGET, INTERPLAY_API_KEY and
 * INTERPLAY_TENANT. Throws TypeError or RangeError for settings that are wrong or contradict each other.
 */
export function connect(options: ClientOptions | string = {}): Client {
  return new Client(typeof options === "string" ? { target: options } : options);
}
