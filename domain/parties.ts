/** Who stands on which side, what a key may do, and under which authority something is done. Closed lists. */

/** GDPR Art. 4(7) and (8). The customer of the workspace is the controller, the operator of the platform the processor. */
export const PARTIES = ['controller', 'processor'] as const;
export type Party = (typeof PARTIES)[number];

export const SCOPES = [
  'requests:read',
  'requests:write',
  'requests:review',
  'packages:read',
  'packages:deliver',
  'instructions:read',
  'instructions:write',
  'keys:manage',
  'workspaces:read',
  'workspaces:export',
  'holds:read',
  'holds:write',
  'data-map:read',
  'retention:read',
  'retention:write',
  'suppression:check',
  'backups:read',
  'backups:write',
  'payloads:decode',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Where a controller's documented instruction can come from (GDPR Art. 28(3)(a); the terms' own list). */
export const INSTRUCTION_SOURCES = [
  'product_setting',
  'integration',
  'terms',
  'privacy_policy',
  'support_request',
  'legal_requirement',
  'security_need',
  'documented_behaviour',
] as const;
export type InstructionSource = (typeof INSTRUCTION_SOURCES)[number];

/**
 * What data may be disclosed or used for. Sale and the training of generalised models are not in the list, and a list
 * is all the database accepts, so neither can be recorded.
 */
export const DISCLOSURE_PURPOSES = [
  'data_subject_request',
  'release_review',
  'return_to_controller',
  'operator_diagnosis',
] as const;
export type DisclosurePurpose = (typeof DISCLOSURE_PURPOSES)[number];

/** Who is acting, as it stands in every record of an action. */
export interface Principal {
  readonly id: string;
  readonly party: Party;
  /** Undefined for a principal of the processor who works for several workspaces. */
  readonly workspaceId: string | undefined;
  readonly teamId: string | undefined;
  readonly scopes: readonly Scope[];
}
