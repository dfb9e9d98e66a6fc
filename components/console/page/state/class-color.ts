/** Colors that people with any color vision tell apart (Okabe and Ito, "Color Universal Design", 2008), brightened for use on pictures. */
const COLORS = ['#56b4e9', '#f0a500', '#2bd4a0', '#f0e442', '#e78ac3', '#ff7043', '#9fa8ff', '#c5e1a5'] as const;

/** The same class has the same color everywhere. */
export function classColor(classId: number): string {
  return COLORS[((classId % COLORS.length) + COLORS.length) % COLORS.length] ?? COLORS[0];
}
