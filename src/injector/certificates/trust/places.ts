/** Somewhere a bundle of trusted certificates is kept for those who check what is served. */
export interface TrustPlace {
  readonly name: string;
  /** What is to be trusted, PEM. It is brought about by the leader, in the place's own time, and kept so. */
  publish(bundle: string): void;
  /** The bundles that the API shows, '' for none; undefined while that is not known. */
  shown(): readonly string[] | undefined;
  onChange(listener: () => void): () => void;
}
