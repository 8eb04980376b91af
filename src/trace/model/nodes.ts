/** A point of a quadrature rule on (0, 1): the share, and the log of its weight. */
export interface ShareNode {
  readonly share: number;
  readonly logWeight: number;
}

const nodeCount = 32;

/**
 * A rule for the Beta(a, b) prior of the leak share: equal steps of the angle in share = sin^2(angle), which are dense at both
 * ends, where the integrand is steep when nearly all reports or nearly none hit. Weights are normalised to sum to 1.
 */
export function shareNodes(a: number, b: number): readonly ShareNode[] {
  const raw = Array.from({ length: nodeCount }, (_, i) => {
    const angle = ((i + 0.5) / nodeCount) * (Math.PI / 2);
    const share = Math.sin(angle) ** 2;
    return { share, weight: share ** (a - 0.5) * (1 - share) ** (b - 0.5) };
  });
  const total = raw.reduce((sum, node) => sum + node.weight, 0);
  return raw.map(({ share, weight }) => ({ share, logWeight: Math.log(weight / total) }));
}
