export function changesOf(version: string, changelog: string): string
