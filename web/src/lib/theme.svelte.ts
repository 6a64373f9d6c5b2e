// Light, dark, or as the system says; kept in this browser. `static/theme.js` sets it before the first paint.

export type Theme = 'system' | 'light' | 'dark';

function stored(): Theme {
  const value = document.documentElement.dataset.theme;
  return value === 'light' || value === 'dark' ? value : 'system';
}

class ThemeChoice {
  current = $state<Theme>(stored());

  choose(theme: Theme): void {
    this.current = theme;
    try {
      if (theme === 'system') {
        delete document.documentElement.dataset.theme;
        localStorage.removeItem('theme');
      } else {
        document.documentElement.dataset.theme = theme;
        localStorage.setItem('theme', theme);
      }
    } catch {
      // Storage is blocked: the choice holds for this page.
    }
  }
}

export const theme = new ThemeChoice();
