/// <reference types="@sveltejs/kit" />

declare global {
  namespace App {
    interface PageState {
      /** Set when a page was opened from a list of results: going back restores that list. */
      fromSearch?: boolean;
    }
  }
}

export {};
