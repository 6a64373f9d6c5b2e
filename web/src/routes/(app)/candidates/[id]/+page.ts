// The person and the search one comes from are fixed for as long as the page lives: the address in `page`
// changes before the page is left.
import { fromAddress } from '$lib/search/address';

export const load = ({ params, url }) => ({ id: params.id, asked: fromAddress(url, sessionStorage) });
