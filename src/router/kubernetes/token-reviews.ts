import { createHash } from 'node:crypto';
import type { TokenReview } from 'kubernetes-types/authentication/v1.d.ts';
import { ConveyorError } from '../../foundation/errors.ts';
import { NAMES } from '../../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../../foundation/kubernetes/api.ts';
import { TOKEN_REVIEWS } from '../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { Recent } from '../../foundation/lifecycle/recent.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import type { IdentityFacts } from '../api/ports.ts';
import { createLimiter } from './limiter.ts';

/** Whose a token is. */
export interface Subject {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  /** The pod that the token is bound to; undefined for one of a person, or of no pod. */
  readonly pod: IdentityFacts | undefined;
}

/** Asks the cluster whose tokens are. */
export interface TokenReviews {
  /** @throws ConveyorError UNAUTHENTICATED; UNAVAILABLE when it cannot be found out now. */
  review(token: string): Promise<Subject>;
}

/** What reviews need. */
export interface TokenReviewOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Verdicts that are kept at most; the oldest goes first. */
  readonly maxVerdicts?: number;
}

/** A verdict is taken for so long; a refusal, which may come before the API server knows a new pod, for less. */
const KEPT_MS = 60_000;
const REFUSAL_KEPT_MS = 5_000;
/** While the API does not answer, it is asked so often for one token. */
const RETRY_MS = 5_000;
const MAX_VERDICTS = 20_000;
/** When all sidecars come at once, as after a failover. */
const CONCURRENT = 32;
const WAITING = 20_000;

interface Verdict {
  /** undefined: refused, for `reason`. */
  readonly subject: Subject | undefined;
  readonly reason: string;
  /** On the monotonic clock. */
  readonly askAgainAtMs: number;
  /** When the token itself ends, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/**
 * Reviews tokens of audience `conveyor-router`. A verdict is kept for a minute; while the API is away one that was good
 * stands until the token ends (an hour, as the injector asks for), so that an outage of the API alone takes no
 * sidecar's routes.
 */
export function createTokenReviews({
  api,
  clock,
  logger,
  maxVerdicts = MAX_VERDICTS,
}: TokenReviewOptions): TokenReviews {
  const verdicts = new Recent<string, Verdict>(maxVerdicts);
  const underWay = new Map<string, Promise<Verdict>>();
  const limited = createLimiter({ concurrent: CONCURRENT, waiting: WAITING });
  let away = false;

  const keep = (key: string, verdict: Verdict): Verdict => {
    verdicts.set(key, verdict);
    return verdict;
  };
  const ask = async (key: string, token: string): Promise<Verdict> => {
    try {
      const verdict = await limited(() => review(api, clock, token));
      if (away) logger.info('tokens are reviewed again');
      away = false;
      return keep(key, verdict);
    } catch (thrown) {
      const { code, message } = ConveyorError.from(thrown);
      if (!away) logger.warn('tokens cannot be reviewed, good verdicts stand', { code, reason: message });
      away = true;
      const known = verdicts.get(key);
      if (known?.subject === undefined || known.expiresAtMs <= clock.wallTime())
        throw new ConveyorError('UNAVAILABLE', `the token cannot be reviewed now: ${message}`, {
          cause: thrown,
        });
      return keep(key, { ...known, askAgainAtMs: clock.now() + RETRY_MS });
    }
  };
  const once = (key: string, token: string): Promise<Verdict> => {
    const joined = underWay.get(key);
    if (joined !== undefined) return joined;
    const asked = ask(key, token).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };
  return {
    async review(token) {
      // the token itself is kept nowhere
      const key = createHash('sha256').update(token).digest('base64');
      const known = verdicts.get(key);
      const { subject, reason, expiresAtMs } =
        known !== undefined && clock.now() < known.askAgainAtMs ? known : await once(key, token);
      if (subject === undefined)
        throw new ConveyorError('UNAUTHENTICATED', `the token is not taken: ${reason}`);
      if (expiresAtMs <= clock.wallTime())
        throw new ConveyorError('UNAUTHENTICATED', 'the token has expired');
      return subject;
    },
  };
}

async function review(api: KubeApi, clock: Clock, token: string): Promise<Verdict> {
  const { status } = await api.create<TokenReview>(TOKEN_REVIEWS, {
    spec: { token, audiences: [NAMES.routerAudience] },
  });
  // an authenticator that knows no audiences answers without any: such a token was meant for the API server
  const meant = status?.audiences?.includes(NAMES.routerAudience) === true;
  if (status?.authenticated !== true || !meant) {
    const reason = status?.error ?? `it is not one of audience ${NAMES.routerAudience}`;
    const askAgainAtMs = clock.now() + REFUSAL_KEPT_MS;
    return { subject: undefined, reason, askAgainAtMs, expiresAtMs: Infinity };
  }
  const { username = '', uid = '', groups = [], extra = {} } = status.user ?? {};
  const subject = { username, uid, groups, extra, pod: podOf(username, extra) };
  return { subject, reason: '', askAgainAtMs: clock.now() + KEPT_MS, expiresAtMs: expiryOf(token) };
}

/** @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens */
function podOf(
  username: string,
  extra: Readonly<Record<string, readonly string[]>>,
): IdentityFacts | undefined {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  const [pod] = extra['authentication.kubernetes.io/pod-name'] ?? [];
  const [uid = ''] = extra['authentication.kubernetes.io/pod-uid'] ?? [];
  return namespace === undefined || pod === undefined ? undefined : { namespace, pod, uid };
}

/** Of a token that was found good: what it says of itself holds. One that says nothing is as good as the verdict. */
function expiryOf(token: string): number {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : Infinity;
  } catch {
    return Infinity;
  }
}
