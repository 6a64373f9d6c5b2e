// What a form that is sent to the server knows: whether it is on its way, and what the server said against it.

import { asApiError, type ApiError } from '$lib/api/problem';

export class Submission {
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);

  /** Does what the form asks for; answers whether it was done. */
  async send(deed: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.error = null;
    try {
      await deed();
      return true;
    } catch (failure) {
      this.error = asApiError(failure);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** For a form's `onsubmit`: the page stays, and the deed is done. */
  submits(deed: () => Promise<unknown>): (event: SubmitEvent) => void {
    return (event) => {
      event.preventDefault();
      void this.send(deed);
    };
  }
}
