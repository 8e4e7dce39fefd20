/** What the engine tells a policy pack about the stack it is about to judge. */
export interface EngineConfig {
  readonly project: string;
  readonly stack: string;
  readonly preview: boolean;
  /** The stack's config, keys with namespace; arrays and objects parsed. */
  readonly config: ReadonlyMap<string, unknown>;
}

/**
 * Reads PULUMI_STACK, PULUMI_PROJECT, PULUMI_DRY_RUN and PULUMI_CONFIG, which the engine sets for an analyzer plugin
 * (`constructEnv` in pulumi's analyzer_plugin.go). Throws when they are missing: a pack that does not know the
 * stage must not say that all is well.
 */
export function readEngineConfig(env: Readonly<Record<string, string | undefined>>): EngineConfig {
  const { PULUMI_STACK: stack, PULUMI_PROJECT: project, PULUMI_CONFIG: json } = env;
  if (stack === undefined || project === undefined || json === undefined) {
    throw new Error(
      "The policy pack was started without PULUMI_STACK, PULUMI_PROJECT and PULUMI_CONFIG, so it cannot know the stage; " +
        "run it from the project's folder, whose Pulumi.yaml names it under plugins.analyzers.",
    );
  }
  const raw = JSON.parse(json) as Record<string, string>;
  const config = new Map(Object.entries(raw).map(([key, value]) => [key, structured(value)]));
  return { stack, project, preview: env.PULUMI_DRY_RUN === "true", config };
}

/** Config values reach plugins as text; arrays and objects as JSON. */
function structured(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
